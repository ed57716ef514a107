#include "credence/zoo/zoo.h"

namespace credence {

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
