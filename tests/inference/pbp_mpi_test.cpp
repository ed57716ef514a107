// Any number of ranks finds what one rank finds.

#include <algorithm>

#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/checkpoint/weights_hash.h"
#include "credence/inference/pbp.h"
#include "credence/layers/dense.h"
#include "credence/layers/learned_sigma.h"
#include "credence/layers/relu.h"
#include "credence/losses/gaussian_likelihood.h"

namespace credence::test {
namespace {

struct Found {
  std::string weights, posterior;
  double validation_nll = 0;
};

struct LastEpoch : Observer {
  double validation_nll = 0;
  void on_epoch(const EpochReport& report) override {
    for (const auto& [name, value] : report.values)
      if (name == "val_nll") validation_nll = value;
  }
};

Found find(Communicator& on) {
  constexpr std::int64_t examples = 40;
  Tensor src({examples, 2}), target({examples, 1});
  fill_normal(src.span<float>(), noise_key(1, Stream::noise, "src"), {});
  fill_normal(target.span<float>(), noise_key(1, Stream::noise, "target"), {});
  const auto data = std::make_shared<InMemoryDataset>("data", src, target, TargetInfo{});
  GraphSpec graph{.name = "net", .input = {2}};
  graph.add("dense_1", dense({.units = 8}))
      .add<ReLU>("relu_1")
      .add("dense_2", dense({.units = 1}))
      .add_with<LearnedSigma>("sigma", {.targets = 1});
  Model model(graph, {.max_batch = examples});
  GaussianLikelihood loss({.learn_sigma = true});
  loss.setup(model.output_shape(), {1}, 0);
  LastEpoch last;
  const Training training{
      .model = model,
      .loss = loss,
      .communicator = on,
      .data = data,
      .validation = data,
      .batches = {.global_batch = std::min<std::int64_t>(8 * on.size(), examples)},
      .options = {.epochs = 3},
      .observers = {&last}};
  Pbp pbp;
  pbp.check(training);
  const Inferred inferred = pbp.run(training);
  return {weights_sha256(model.parameters()), weights_sha256(inferred.weights->state()),
          last.validation_nll};
}

TEST(PbpMpi, FindsTheSameOnAnyNumberOfRanks) {
  const Found alone = find(*self_communicator());
  const Found together = find(communicator());
  EXPECT_EQ(together.weights, alone.weights);
  EXPECT_EQ(together.posterior, alone.posterior);
  EXPECT_NEAR(together.validation_nll, alone.validation_nll, 1e-6);
}

}  // namespace
}  // namespace credence::test
