#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/layers/relu.h"
#include "credence/zoo/zoo.h"

namespace credence {

GraphSpec two_dense(const ZooOptions& options) {
  GraphSpec graph{.input = options.input};
  graph.add<Flatten>("flatten")
      .add("dense1", dense({.units = 64}))
      .add<ReLU>("relu1")
      .add("dense2", dense({.units = options.outputs}));
  return graph;
}

}  // namespace credence
