#include "credence/zoo/zoo.h"

namespace credence {
namespace {

template <std::int64_t units>
GraphSpec two_hidden(const ZooOptions& options) {
  return multilayer_perceptron(options, {units, units});
}

}  // namespace

const Registry<ZooEntry>& zoo() {
  static const Registry<ZooEntry> models(
      "model",
      {
          {"CNN_conv", {"one convolution and a dense layer", single_convolution, {}, ""}},
          {"BNN_conv_flip",
           {"CNN_conv, variational kernel, Flipout", single_convolution, {"conv1"}, "flipout"}},
          {"BNN_conv_nonflip",
           {"CNN_conv, variational kernel, reparameterization",
            single_convolution,
            {"conv1"},
            "reparameterization"}},
          {"CNN_FC", {"two dense layers", two_dense, {}, ""}},
          {"BNN_FC_flip",
           {"CNN_FC, first kernel variational, Flipout", two_dense, {"dense1"}, "flipout"}},
          {"BNN_FC_nonflip",
           {"CNN_FC, first kernel variational, reparameterization",
            two_dense,
            {"dense1"},
            "reparameterization"}},
          {"MLP_400", {"two hidden layers of 400", two_hidden<400>, {}, ""}},
          {"MLP_1200", {"two hidden layers of 1200", two_hidden<1200>, {}, ""}},
          {"BNN_MLP_400",
           {"MLP_400, all kernels variational, local reparameterization",
            two_hidden<400>,
            {"all"},
            "local_reparameterization"}},
          {"BNN_MLP_1200",
           {"MLP_1200, all kernels variational, local reparameterization",
            two_hidden<1200>,
            {"all"},
            "local_reparameterization"}},
          {"LeNet5", {"LeNet-5: three 5x5 convolutions, two dense layers", lenet5, {}, ""}},
          {"BNN_LeNet5", {"LeNet5, all kernels variational, Flipout", lenet5, {"all"}, "flipout"}},
          {"simplecnn", {"two small convolutions, two dense layers", simple_cnn, {}, ""}},
          {"CIFAR10_CNN",
           {"six 3x3 convolutions, two dense layers", convolution_pairs, {}, "", {32, 32, 3}}},
          {"CIFAR10_BNN",
           {"CIFAR10_CNN, all kernels variational, Flipout",
            convolution_pairs,
            {"all"},
            "flipout",
            {32, 32, 3}}},
      });
  return models;
}

}  // namespace credence
