#include "support/gradient_check.h"
#include <gtest/gtest.h>

#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/dropout.h"
#include "credence/layers/flatten.h"
#include "credence/layers/learned_sigma.h"
#include "credence/layers/pooling.h"
#include "credence/layers/relu.h"
#include "credence/layers/sigmoid.h"
#include "credence/layers/softmax.h"
#include "credence/layers/tanh.h"

namespace credence {
namespace {

TEST(Gradients, Dense) {
  Linear layer(dense({.units = 4}));
  check_gradients(layer, {{5}}, 3);
}

TEST(Gradients, DenseWithoutBias) {
  Linear layer(dense({.units = 2, .bias = false}));
  check_gradients(layer, {{3}}, 2);
}

TEST(Gradients, Convolution) {
  Linear layer(
      conv2d({.filters = 3, .kernel = {3, 2}, .stride = {2, 1}, .padding = PaddingMode::same}));
  check_gradients(layer, {{5, 4, 2}}, 2);
}

TEST(Gradients, DilatedConvolution) {
  Linear layer(conv2d({.filters = 2,
                       .kernel = {2, 2},
                       .dilation = {2, 2},
                       .padding = PaddingMode::explicit_,
                       .explicit_padding = {1, 0}}));
  check_gradients(layer, {{4, 4, 1}}, 2);
}

TEST(Gradients, Activations) {
  ReLU relu;
  Sigmoid sigmoid;
  Tanh tanh_layer;
  for (Layer* layer : std::initializer_list<Layer*>{&relu, &sigmoid, &tanh_layer})
    check_gradients(*layer, {{4, 3}}, 2);
}

TEST(Gradients, Softmax) {
  Softmax layer;
  check_gradients(layer, {{6}}, 3);
}

TEST(Gradients, Pooling) {
  MaxPool2d largest({.window = {2, 2}});
  check_gradients(largest, {{5, 4, 2}}, 2);
  MaxPool2d overlapping({.window = {3, 3}, .stride = {2, 2}, .padding = PaddingMode::same});
  check_gradients(overlapping, {{5, 5, 2}}, 2);
  AvgPool2d average({.window = {3, 2}, .stride = {1, 2}, .padding = PaddingMode::same});
  check_gradients(average, {{4, 5, 2}}, 2);
}

TEST(Gradients, Flatten) {
  Flatten layer;
  check_gradients(layer, {{2, 3, 2}}, 2);
}

TEST(Gradients, LearnedSigma) {
  LearnedSigma layer({.targets = 3, .initial_rho = 0.4});
  check_gradients(layer, {{3}}, 4);
}

TEST(Gradients, DropoutInTrainingAndOut) {
  Dropout layer({.rate = 0.4});
  check_gradients(layer, {{8}}, 3, {.seed = 3, .step = 5});
  Dropout off({.rate = 0.4});
  check_gradients(off, {{8}}, 3, {.training = false});
}

}  // namespace
}  // namespace credence
