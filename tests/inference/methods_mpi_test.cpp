#include <cmath>

#include "support/errors.h"
#include "support/linear_gaussian.h"
#include "support/mpi.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/inference/cyclical_mcmc.h"
#include "credence/inference/ensemble.h"
#include "credence/inference/hmc.h"
#include "credence/inference/ivon.h"
#include "credence/inference/single.h"
#include "credence/inference/swag.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/optim/sgd.h"

namespace credence {
namespace {

using test::LinearGaussian;
using ::testing::HasSubstr;

struct Method {
  std::string name;
  std::function<std::unique_ptr<Inference>()> make;
  std::int64_t samples;  ///< that it keeps; 0: none, a normal
};
void PrintTo(const Method& method, std::ostream* out) {
  *out << method.name;
}

/// The weights of each of five samples, after a training over batches that the ranks do not divide.
struct Outcome {
  std::vector<test::Vector> samples;
  test::Vector weights;  ///< the model's own, afterwards
  test::Vector last;     ///< of the samples, if they are kept
  std::int64_t size = 0;
  TrainReport report;
};

struct Ends : Observer {
  int count = 0;
  void on_end(const TrainReport&) override { ++count; }
};

Outcome run(Inference& method, Communicator& communicator) {
  const LinearGaussian linear(9, 23);
  Model model(linear.network(), {.max_batch = method.rows_at_once(7), .seed = 4});
  GaussianLikelihood loss({.sigma = linear.sigma});
  loss.setup({1}, {1}, 0);
  Ends ends;
  const Training training{.model = model,
                          .loss = loss,
                          .communicator = communicator,
                          .data = linear.data(),
                          .batches = {.global_batch = 7, .seed = 4},
                          .options = {.epochs = 6, .learning_rate = 0.01, .seed = 4},
                          .initialize = [&](std::uint64_t seed) { model.initialize(seed); },
                          .make_optimizer = [] { return std::make_unique<Sgd>(); },
                          .observers = {&ends}};
  method.check(training);
  const Inferred inferred = method.run(training);
  EXPECT_EQ(ends.count, 1);
  Outcome outcome{.weights = test::values_of(model.parameters()), .report = inferred.report};
  if (!inferred.weights) return outcome;
  outcome.size = inferred.weights->size();
  for (std::int64_t s = 0; s < 5; ++s) {
    inferred.weights->write(s, 17, model.parameters());
    outcome.samples.push_back(test::values_of(model.parameters()));
  }
  if (outcome.size == 0) return outcome;
  inferred.weights->write(outcome.size - 1, 17, model.parameters());
  outcome.last = test::values_of(model.parameters());
  return outcome;
}

class Methods : public ::testing::TestWithParam<Method> {};

TEST_P(Methods, GiveTheSameSamplesOnAnyNumberOfRanks) {
  const Outcome alone = run(*GetParam().make(), *self_communicator());
  const Outcome together = run(*GetParam().make(), test::communicator());
  EXPECT_EQ(together.size, GetParam().samples);
  EXPECT_EQ(alone.report.steps, together.report.steps);
  ASSERT_EQ(alone.samples.size(), 5u);
  const double tolerance = GetParam().name == "hmc" ? 0 : 2e-5;
  for (std::size_t i = 0; i < alone.weights.size(); ++i) {
    EXPECT_NEAR(alone.weights[i], together.weights[i], tolerance);
    for (std::size_t s = 0; s < 5; ++s)
      EXPECT_NEAR(alone.samples[s][i], together.samples[s][i], tolerance) << s;
  }
  for (std::size_t s = 1; s < 5; ++s) EXPECT_NE(alone.samples[0], alone.samples[s]);
}

INSTANTIATE_TEST_SUITE_P(
    Inference, Methods,
    ::testing::Values(
        Method{"ensemble", [] { return std::make_unique<Ensemble>(EnsembleOptions{.members = 5}); },
               5},
        Method{"swag", [] { return std::make_unique<Swag>(); }, 0},
        Method{"ivon", [] { return std::make_unique<IvonInference>(); }, 0},
        Method{"sgld",
               [] {
                 SgldOptions options;
                 options.cycles = 2;
                 options.samples_per_cycle = 3;
                 return std::make_unique<Sgld>(options);
               },
               6},
        Method{"sghmc",
               [] {
                 SghmcOptions options;
                 options.cycles = 2;
                 options.samples_per_cycle = 4;
                 return std::make_unique<Sghmc>(options);
               },
               8},
        Method{"hmc",
               [] {
                 return std::make_unique<HamiltonianMonteCarlo>(HmcOptions{.chains = 3,
                                                                           .warmup = 30,
                                                                           .samples = 20,
                                                                           .thin = 5,
                                                                           .leapfrog_steps = 6,
                                                                           .rows = 5});
               },
               12}),
    [](const auto& instance) { return instance.param.name; });

/// 24 steps in 5 cycles: four of 4, and one of 8 that takes what is left over.
TEST(CyclicalMcmc, EndsWithItsLastSampleWhateverStepsAreLeftOver) {
  SgldOptions options;
  options.cycles = 5;
  options.samples_per_cycle = 2;
  Sgld sgld(options);
  const Outcome outcome = run(sgld, *self_communicator());
  EXPECT_EQ(outcome.report.steps, 24);
  EXPECT_EQ(outcome.size, 10);
  EXPECT_EQ(outcome.weights, outcome.last);
}

TEST(Ensemble, TrainsItsMembersOnGroupsOfRanks) {
  EXPECT_EQ(Ensemble({.members = 4}).ranks_a_network(8), 2);
  EXPECT_EQ(Ensemble({.members = 5}).ranks_a_network(4), 1);
  EXPECT_EQ(Ensemble({.members = 3}).ranks_a_network(4), 2);
  EXPECT_EQ(Ensemble({.members = 3}).ranks_a_network(5), 5);
}

TEST(Ensemble, HasTheNetworkOfASingleTrainingAsItsFirstMember) {
  SingleNetwork single;
  Ensemble ensemble({.members = 5});
  const Outcome alone = run(single, *self_communicator());
  const Outcome first = run(ensemble, *self_communicator());
  EXPECT_EQ(alone.weights, first.weights);
}

TEST(Methods, SayWhatTrainingIsTooShortForThem) {
  const LinearGaussian linear(9, 23);
  Model model(linear.network(), {.max_batch = 7});
  GaussianLikelihood loss({.sigma = 1});
  const auto communicator = self_communicator();
  const auto message = [&](const Inference& method) {
    return testing::message_of<ConfigError>([&] {
      method.check({.model = model,
                    .loss = loss,
                    .communicator = *communicator,
                    .data = linear.data(),
                    .batches = {.global_batch = 7},
                    .options = {.epochs = 1}});
    });
  };
  EXPECT_THAT(message(Swag()), HasSubstr("expected 2 snapshots or more, got 1"));
  EXPECT_THAT(message(Sgld()),
              HasSubstr("4 steps in 4 cycles leave 1 steps of each for 5 samples"));
}

}  // namespace
}  // namespace credence
