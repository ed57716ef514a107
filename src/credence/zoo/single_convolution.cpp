#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/zoo/zoo.h"

namespace credence {

GraphSpec single_convolution(const ZooOptions& options) {
  GraphSpec graph{.input = options.input};
  graph.add("conv1", conv2d({.filters = 64, .kernel = {5, 5}, .padding = PaddingMode::same}))
      .add<ReLU>("relu1")
      .add_with<MaxPool2d>("pool1", {.window = {2, 2}})
      .add<Flatten>("flatten")
      .add("dense1", dense({.units = options.outputs}));
  return graph;
}

}  // namespace credence
