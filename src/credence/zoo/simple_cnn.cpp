#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/layers/softmax.h"
#include "credence/zoo/zoo.h"

namespace credence {

GraphSpec simple_cnn(const ZooOptions& options) {
  GraphSpec graph{.input = options.input};
  graph.add("conv1", conv2d({.filters = 4, .kernel = {3, 3}}))
      .add<ReLU>("relu1")
      .add("conv2", conv2d({.filters = 8, .kernel = {3, 3}}))
      .add<ReLU>("relu2")
      .add_with<MaxPool2d>("pool1", {.window = {2, 2}})
      .add<Flatten>("flatten")
      .add("dense1", dense({.units = 128}))
      .add<ReLU>("relu3")
      .add("dense2", dense({.units = options.outputs}))
      .add<Softmax>("softmax");
  return graph;
}

}  // namespace credence
