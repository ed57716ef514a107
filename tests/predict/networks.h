#pragma once

#include "support/random_tensor.h"

#include "credence/bayes/flipout.h"
#include "credence/bayes/gaussian_prior.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/dropout.h"
#include "credence/layers/flatten.h"
#include "credence/layers/relu.h"
#include "credence/layers/tanh.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/losses/mean_squared_error.h"
#include "credence/predict/predictor.h"

namespace credence {

/// A network, its loss, and data: `problem` is "classes", "density" or "means", which has masks of
/// dropout alone.
struct SmallProblem {
  std::unique_ptr<Model> model;
  std::unique_ptr<Loss> loss;
  std::shared_ptr<const Dataset> dataset;
};

inline SmallProblem small_problem(const std::string& problem, std::int64_t examples,
                                  std::int64_t batch) {
  const VariationalSpec posterior{.estimator = [] { return std::make_unique<Flipout>(); },
                                  .prior = std::make_shared<GaussianPrior>(GaussianOptions{}),
                                  .initial_sigma = 0.3};
  SmallProblem made;
  GraphSpec graph{.name = problem, .input = {6, 6, 1}};
  graph.add("conv1", conv2d({.filters = 3, .kernel = {3, 3}})).add<ReLU>("relu1");
  graph.add<Flatten>("flatten").add_with<Dropout>("drop", {.rate = 0.2, .monte_carlo = true});
  graph.add("dense1", dense({.units = 9})).add<Tanh>("tanh1").add("dense2", dense({.units = 4}));
  const Tensor src = random_tensor({examples, 6, 6, 1}, DType::float32, "images");
  if (problem == "classes") {
    Tensor target({examples, 1});
    for (std::int64_t n = 0; n < examples; ++n) target.span<float>()[n] = static_cast<float>(n % 4);
    made.dataset =
        std::make_shared<InMemoryDataset>(problem, src, target, TargetInfo{.classes = 4});
    made.loss = std::make_unique<CategoricalCrossEntropy>();
    made.loss->setup({4}, {1}, 4);
  } else {
    const std::int64_t targets = problem == "density" ? 2 : 4;
    TargetInfo info;
    for (std::int64_t i = 0; i < targets; ++i)
      info.units.push_back({.scale = i % 2 ? -0.5 : 4, .shift = 10});
    made.dataset = std::make_shared<InMemoryDataset>(
        problem, src, random_tensor({examples, targets}, DType::float32, "targets"), info);
    if (problem == "density")
      made.loss = std::make_unique<GaussianLikelihood>();
    else
      made.loss = std::make_unique<MeanSquaredError>();
    made.loss->setup({4}, {targets}, 0);
  }
  if (problem != "means") make_variational(graph, {{"dense1", "dense2"}}, posterior);
  made.model = std::make_unique<Model>(graph, ModelOptions{.max_batch = batch, .seed = 2});
  return made;
}

}  // namespace credence
