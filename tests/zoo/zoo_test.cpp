#include "credence/zoo/zoo.h"

#include <gmock/gmock.h>

#include "credence/bayes/flipout.h"
#include "credence/bayes/gaussian_prior.h"
#include "credence/model/model.h"

namespace credence {
namespace {

std::int64_t parameters(const std::string& name) {
  const ZooEntry& entry = zoo().find(name);
  GraphSpec graph = entry.graph({.input = entry.input});
  make_variational(graph, {entry.variational_layers},
                   {.estimator = [] { return std::make_unique<Flipout>(); },
                    .prior = std::make_shared<GaussianPrior>(GaussianOptions{})});
  return Model(graph, {}).parameter_count();
}

TEST(Zoo, ModelsHaveTheirParameterCounts) {
  constexpr std::int64_t convolution = 64 * 25, head = 14 * 14 * 64 * 10 + 10;
  EXPECT_EQ(parameters("CNN_conv"), convolution + 64 + head);
  EXPECT_EQ(parameters("BNN_conv_flip"), 2 * convolution + 64 + head);
  EXPECT_EQ(parameters("BNN_conv_nonflip"), 2 * convolution + 64 + head);
  EXPECT_EQ(parameters("CNN_FC"), 784 * 64 + 64 + 64 * 10 + 10);
  EXPECT_EQ(parameters("BNN_FC_flip"), 2 * 784 * 64 + 64 + 64 * 10 + 10);
  EXPECT_EQ(parameters("BNN_FC_nonflip"), 2 * 784 * 64 + 64 + 64 * 10 + 10);
  for (const std::int64_t units : {400, 1200}) {
    const std::string name = "MLP_" + std::to_string(units);
    const std::int64_t weights = 784 * units + units * units + units * 10, biases = 2 * units + 10;
    EXPECT_EQ(parameters(name), weights + biases);
    EXPECT_EQ(parameters("BNN_" + name), 2 * weights + biases);
  }
  constexpr std::int64_t lenet = 25 * (6 + 6 * 16 + 16 * 120) + 7 * 7 * 120 * 84 + 84 * 10;
  EXPECT_EQ(parameters("LeNet5"), lenet + 6 + 16 + 120 + 84 + 10);
  EXPECT_EQ(parameters("BNN_LeNet5"), 2 * lenet + 6 + 16 + 120 + 84 + 10);
  EXPECT_EQ(parameters("simplecnn"), 149210);
  constexpr std::int64_t kernels =
      9 * (3 * 32 + 32 * 32 + 32 * 64 + 64 * 64 + 64 * 128 + 128 * 128) + 2048 * 128 + 128 * 10;
  constexpr std::int64_t biases = 2 * (32 + 64 + 128) + 128 + 10;
  EXPECT_EQ(parameters("CIFAR10_CNN"), kernels + biases);
  EXPECT_EQ(parameters("CIFAR10_BNN"), 2 * kernels + biases);
}

}  // namespace
}  // namespace credence
