#include <string>

#include "credence/base/errors.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/zoo/zoo.h"

namespace credence {

GraphSpec convolution_pairs(const ZooOptions& options) {
  GraphSpec graph{.input = options.input};
  int layer = 0;
  for (const std::int64_t filters : {32, 64, 128}) {
    for (int of_pair = 0; of_pair < 2; ++of_pair) {
      const std::string number = std::to_string(++layer);
      graph
          .add("conv" + number,
               conv2d({.filters = filters, .kernel = {3, 3}, .padding = PaddingMode::same}))
          .add<ReLU>("relu" + number);
    }
    graph.add_with<MaxPool2d>(concat("pool", layer / 2), {.window = {2, 2}});
  }
  graph.add<Flatten>("flatten")
      .add("dense1", dense({.units = 128}))
      .add<ReLU>("relu7")
      .add("dense2", dense({.units = options.outputs}));
  return graph;
}

}  // namespace credence
