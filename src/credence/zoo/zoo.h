#pragma once

#include "credence/base/registry.h"
#include "credence/model/graph_spec.h"

namespace credence {

/// What a model of the zoo is fitted to.
struct ZooOptions {
  Shape input{28, 28, 1};  ///< of one example
  std::int64_t outputs = 10;
};

/// A named model: its graph, and which layers are variational by default.
struct ZooEntry {
  std::string description;
  GraphSpec (*graph)(const ZooOptions& options);
  std::vector<std::string> variational_layers;  ///< empty: deterministic
  std::string estimator;                        ///< empty: deterministic
  Shape input{28, 28, 1};                       ///< of the examples it is named for
};

const Registry<ZooEntry>& zoo();

/// One convolution: Conv 64 5x5 same, ReLU, MaxPool 2x2, Flatten, Dense.
GraphSpec single_convolution(const ZooOptions& options);
/// Two dense layers: Flatten, Dense 64, ReLU, Dense.
GraphSpec two_dense(const ZooOptions& options);
/// Flatten; for each entry of `hidden_units` Dense of so many and ReLU; Dense.
GraphSpec multilayer_perceptron(const ZooOptions& options,
                                const std::vector<std::int64_t>& hidden_units);
/// LeNet-5 with ReLU and maxima: 5x5 same convolutions of 6, 16 and 120 filters, each followed by
/// ReLU and the first two by MaxPool 2x2; Dense 84, ReLU, Dense. After LeCun et al. 1998,
/// doi:10.1109/5.726791, as in TensorFlow Probability's Bayesian example.
GraphSpec lenet5(const ZooOptions& options);
/// Three pairs of 3x3 convolutions of 32, 64 and 128 filters, each followed by ReLU and each pair
/// by MaxPool 2x2; Dense 128, ReLU, Dense.
GraphSpec convolution_pairs(const ZooOptions& options);
/// PyDTNN's simplecnn: two valid 3x3 convolutions of 4 and 8, MaxPool, Dense 128, Dense, Softmax.
GraphSpec simple_cnn(const ZooOptions& options);

}  // namespace credence
