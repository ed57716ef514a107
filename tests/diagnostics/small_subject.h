#pragma once

#include "support/random_tensor.h"
#include "support/variational.h"

#include "credence/bayes/flipout.h"
#include "credence/diagnostics/subject.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/losses/categorical_cross_entropy.h"

namespace credence {

inline GraphSpec small_network() {
  GraphSpec graph{.name = "small", .input = {6, 6, 2}};
  graph.add("conv1", conv2d({.filters = 4, .kernel = {3, 3}, .padding = PaddingMode::same}))
      .add<ReLU>("relu1")
      .add_with<MaxPool2d>("pool1", {.window = {2, 2}})
      .add<Flatten>("flatten")
      .add("dense1", dense({.units = 3}));
  return graph;
}

/// A small network on random images of three classes, and all that a check is given.
struct SmallSubject {
  GraphSpec graph;
  InMemoryDataset data;
  Model model;
  CategoricalCrossEntropy loss;

  explicit SmallSubject(GraphSpec spec)
      : graph(std::move(spec)), data(images()), model(graph, {.max_batch = 16, .seed = 3}) {
    loss.setup(model.output_shape(), {1}, 3);
  }
  SmallSubject(GraphSpec spec, const VariationalSpec& variational)
      : SmallSubject(with_posteriors(std::move(spec), variational)) {}

  Subject subject() {
    return {.graph = graph, .model = model, .loss = loss, .data = data, .seed = 5};
  }

 private:
  static GraphSpec with_posteriors(GraphSpec graph, const VariationalSpec& variational) {
    make_variational(graph, {{"all"}}, variational);
    return graph;
  }
  static InMemoryDataset images() {
    Tensor src = random_tensor({40, 6, 6, 2}, DType::float32, "images"), target({40, 1});
    for (std::int64_t n = 0; n < 40; ++n) target.span<float>()[n] = static_cast<float>(n % 3);
    return {"images", src, target, {.classes = 3}};
  }
};

}  // namespace credence
