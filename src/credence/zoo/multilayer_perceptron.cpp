#include <string>

#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/layers/relu.h"
#include "credence/zoo/zoo.h"

namespace credence {

GraphSpec multilayer_perceptron(const ZooOptions& options,
                                const std::vector<std::int64_t>& hidden_units) {
  GraphSpec graph{.input = options.input};
  graph.add<Flatten>("flatten");
  int layer = 0;
  for (const std::int64_t units : hidden_units) {
    const std::string number = std::to_string(++layer);
    graph.add("dense" + number, dense({.units = units})).add<ReLU>("relu" + number);
  }
  graph.add("dense" + std::to_string(++layer), dense({.units = options.outputs}));
  return graph;
}

}  // namespace credence
