#include "support/linear_gaussian.h"
#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/inference/laplace.h"
#include "credence/layers/tanh.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/optim/sgd.h"

namespace credence {
namespace {

using test::LinearGaussian;

/// Figures, and the state of the samples, after a training over batches that ranks do not divide.
struct Outcome {
  std::vector<NamedValue> figures;
  std::vector<NamedTensor> state;
  std::vector<float> sample;
};

Outcome run(const LaplaceApproximationOptions& options, Communicator& communicator) {
  const LinearGaussian linear(9, 23);
  GraphSpec graph{.name = "dense", .input = {2}};
  graph.add("dense1", dense({.units = 5})).add<Tanh>("tanh1").add("dense2", dense({.units = 1}));
  Model model(graph, {.max_batch = 7, .seed = 4});
  GaussianLikelihood loss({.sigma = linear.sigma});
  loss.setup({1}, {1}, 0);
  LaplaceApproximation laplace(options);
  const Inferred inferred =
      laplace.run({.model = model,
                   .loss = loss,
                   .communicator = communicator,
                   .data = linear.data(),
                   .batches = {.global_batch = 7, .seed = 4},
                   .options = {.epochs = 10, .learning_rate = 0.01, .seed = 4},
                   .make_optimizer = [] { return std::make_unique<Sgd>(); }});
  Outcome outcome{.figures = inferred.figures, .state = inferred.weights->state(), .sample = {}};
  inferred.weights->write(3, 8, model.parameters());
  for (const Parameter* parameter : model.parameters())
    for (const float value : parameter->value.span<float>()) outcome.sample.push_back(value);
  return outcome;
}

class Structures : public ::testing::TestWithParam<LaplaceApproximationOptions> {};

TEST_P(Structures, AreTheSameOnAnyNumberOfRanks) {
  const auto one = self_communicator();
  const Outcome alone = run(GetParam(), *one), together = run(GetParam(), test::communicator());
  for (std::size_t i = 0; i < alone.figures.size(); ++i)
    EXPECT_NEAR(together.figures[i].second / alone.figures[i].second, 1, 1e-5)
        << alone.figures[i].first;
  for (std::size_t i = 0; i < alone.sample.size(); ++i)
    EXPECT_NEAR(alone.sample[i], together.sample[i], 2e-4) << i;
  // All ranks have the very same.
  for (const NamedTensor& tensor : together.state) {
    Tensor of_first = tensor.tensor.clone();
    test::communicator().broadcast(of_first.span<float>(), 0);
    EXPECT_TRUE(std::ranges::equal(of_first.span<float>(), tensor.tensor.span<float>()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Laplace, Structures,
    ::testing::Values(LaplaceApproximationOptions{.structure = CurvatureStructure::full,
                                                  .layers = LaplaceLayers::all},
                      LaplaceApproximationOptions{.structure = CurvatureStructure::kronecker,
                                                  .layers = LaplaceLayers::all},
                      LaplaceApproximationOptions{.structure = CurvatureStructure::diagonal,
                                                  .layers = LaplaceLayers::last,
                                                  .fisher_samples = 3}),
    [](const auto& instance) { return enum_name(instance.param.structure); });

}  // namespace
}  // namespace credence
