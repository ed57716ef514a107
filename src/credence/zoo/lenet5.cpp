#include <string>

#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/zoo/zoo.h"

namespace credence {

GraphSpec lenet5(const ZooOptions& options) {
  GraphSpec graph{.input = options.input};
  int layer = 0;
  for (const std::int64_t filters : {6, 16, 120}) {
    const std::string number = std::to_string(++layer);
    graph
        .add("conv" + number,
             conv2d({.filters = filters, .kernel = {5, 5}, .padding = PaddingMode::same}))
        .add<ReLU>("relu" + number);
    if (layer < 3) graph.add_with<MaxPool2d>("pool" + number, {.window = {2, 2}});
  }
  graph.add<Flatten>("flatten")
      .add("dense1", dense({.units = 84}))
      .add<ReLU>("relu4")
      .add("dense2", dense({.units = options.outputs}));
  return graph;
}

}  // namespace credence
