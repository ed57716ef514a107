#include <cmath>
#include <cstdlib>

#include "support/mpi.h"
#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/bayes/flipout.h"
#include "credence/bayes/gaussian_prior.h"
#include "credence/layers/dense.h"
#include "credence/losses/mean_squared_error.h"
#include "credence/optim/adam.h"
#include "credence/optim/sgd.h"
#include "credence/train/trainer.h"

namespace credence {
namespace {

constexpr std::int64_t examples = 41, inputs = 200;

/// Sums of the inputs, with noise.
std::shared_ptr<const Dataset> sums() {
  Tensor src = random_tensor({examples, inputs}, DType::float32, "sums");
  Tensor target = random_tensor({examples, 1}, DType::float32, "noise");
  for (std::int64_t n = 0; n < examples; ++n)
    for (std::int64_t i = 0; i < inputs; ++i)
      target.span<float>()[n] += 0.1F * src.span<float>()[n * inputs + i];
  return std::make_shared<InMemoryDataset>("sums", src, target, TargetInfo{});
}

/// A communicator that counts its sums, and the elements of them.
class Counting : public Communicator {
 public:
  explicit Counting(Communicator& ranks) : ranks_(ranks) {}
  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  Request start_sum(Buffer buffer) override {
    ++calls;
    elements += buffer.count;
    return ranks_.start_sum(buffer);
  }
  Request start_reduce_scatter(Buffer src, Buffer dst) override {
    return ranks_.start_reduce_scatter(src, dst);
  }
  Request start_all_gather(Buffer src, Buffer dst) override {
    return ranks_.start_all_gather(src, dst);
  }
  void send(Buffer buffer, int destination, int tag) override {
    ranks_.send(buffer, destination, tag);
  }
  void receive(Buffer buffer, int source, int tag) override { ranks_.receive(buffer, source, tag); }
  Request start_exchange(Buffer out, Buffer in, int peer, int tag) override {
    ++calls;
    return ranks_.start_exchange(out, in, peer, tag);
  }
  void broadcast(Buffer buffer, int root) override { ranks_.broadcast(buffer, root); }
  void barrier() override { ranks_.barrier(); }
  std::unique_ptr<Communicator> split(int color, int key) override {
    return ranks_.split(color, key);
  }
  [[noreturn]] void abort(ExitCode code) override { std::exit(static_cast<int>(code)); }

  std::size_t calls = 0, elements = 0;

 private:
  Communicator& ranks_;
};

struct Curve : Observer {
  explicit Curve(const Counting& counted) : communicator(counted) {}
  void on_step(const StepReport& report) override {
    steps.push_back(report);
    calls.push_back(communicator.calls);
  }
  const Counting& communicator;
  std::vector<StepReport> steps;
  std::vector<std::size_t> calls;
};

struct Case {
  bool is_bayesian = false;
  std::int64_t batch = examples;
  std::int64_t epochs = 12;
  std::int64_t local_steps = 1, local_after = 0;
};

struct Outcome {
  std::vector<StepReport> steps;
  std::vector<std::size_t> calls;
  std::vector<Tensor> weights;
  std::vector<NamedTensor> optimizer_state;
};

Outcome train(const Case& options, Optimizer& optimizer, double learning_rate) {
  Counting communicator(test::communicator());
  Loader loader(sums(), {.global_batch = options.batch, .seed = 3}, communicator.rank(),
                communicator.size());
  GraphSpec graph{.name = "sums", .input = {inputs}};
  graph.add("dense1", dense({.units = 1}));
  if (options.is_bayesian)
    make_variational(graph, {{"all"}},
                     {.estimator = [] { return std::make_unique<Flipout>(); },
                      .prior = std::make_shared<GaussianPrior>(GaussianOptions{})});
  Model model(graph, {.max_batch = loader.max_rows(), .seed = 3});
  MeanSquaredError loss;
  loss.setup(model.output_shape(), {1}, 0);
  TrainerOptions trainer_options{.epochs = options.epochs,
                                 .learning_rate = learning_rate,
                                 .seed = 3,
                                 .local_steps = options.local_steps,
                                 .local_after = options.local_after,
                                 .shared_memory = false};  // for sums to be counted
  Trainer trainer({.model = model,
                   .loss = loss,
                   .optimizer = optimizer,
                   .loader = loader,
                   .communicator = communicator},
                  trainer_options);
  Curve curve(communicator);
  trainer.add_observer(curve);
  trainer.run();
  Outcome outcome{curve.steps, curve.calls, {}, trainer.optimizer_state()};
  for (const Parameter* parameter : model.parameters())
    outcome.weights.push_back(parameter->value.clone());
  return outcome;
}

/// Largest |a - b| over the largest |b|.
double distance(const Tensor& a, const Tensor& b) {
  double most = 0, scale = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    most = std::max<double>(most, std::abs(a.span<float>()[i] - b.span<float>()[i]));
    scale = std::max<double>(scale, std::abs(b.span<float>()[i]));
  }
  return most / scale;
}

void expect_same_on_all_ranks(const Tensor& tensor) {
  Tensor of_root = tensor.clone();
  test::communicator().broadcast(of_root.span<float>(), 0);
  EXPECT_TRUE(std::ranges::equal(tensor.span<float>(), of_root.span<float>()));
}

TEST(LocalSteps, AveragedAfterEachAreTheSynchronousOnes) {
  // An epoch of one step ends each round at once; its 41 examples are no multiple of the ranks.
  Sgd together({.momentum = 0.5}), local({.momentum = 0.5});
  const Outcome expected = train({}, together, 0.02);
  const Outcome averaged = train({.local_steps = 8}, local, 0.02);
  ASSERT_EQ(averaged.steps.size(), expected.steps.size());
  for (std::size_t i = 0; i < expected.steps.size(); ++i)
    EXPECT_NEAR(averaged.steps[i].loss, expected.steps[i].loss, 1e-4 * expected.steps[i].loss) << i;
  for (std::size_t i = 0; i < expected.weights.size(); ++i)
    EXPECT_LT(distance(averaged.weights[i], expected.weights[i]), 1e-4);
}

TEST(LocalSteps, LearnAndEndWithTheSameWeightsAndStateOnAllRanks) {
  for (const bool is_bayesian : {false, true}) {
    Adam optimizer;
    const Outcome outcome = train(
        {.is_bayesian = is_bayesian, .batch = 8, .epochs = 20, .local_steps = 4}, optimizer, 5e-3);
    ASSERT_EQ(outcome.steps.size(), 120);
    EXPECT_LT(outcome.steps.back().nll, 0.5 * outcome.steps.front().nll);
    for (std::size_t i = 0; i < 120; ++i) EXPECT_EQ(outcome.steps[i].step, i + 1);
    for (const Tensor& weights : outcome.weights) expect_same_on_all_ranks(weights);
    for (const NamedTensor& state : outcome.optimizer_state) expect_same_on_all_ranks(state.tensor);
  }
}

TEST(LocalSteps, AskNothingOfOtherRanksBetween) {
  if (test::communicator().size() == 1) GTEST_SKIP() << "one rank asks nothing";
  Adam optimizer;
  // 6 steps an epoch: 4 together, and then rounds of 2 (to the end of the epoch), 4 and 2.
  const Outcome outcome =
      train({.batch = 8, .epochs = 2, .local_steps = 4, .local_after = 4}, optimizer, 1e-3);
  ASSERT_EQ(outcome.calls.size(), 12);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_GT(outcome.calls[i], outcome.calls[i - 1]);
  // Steps are told of when the ranks have met: those of a round together.
  EXPECT_EQ(outcome.calls[4], outcome.calls[5]);
  EXPECT_GT(outcome.calls[6], outcome.calls[5]);
  EXPECT_EQ(outcome.calls[6], outcome.calls[7]);
  EXPECT_GT(outcome.calls[8], outcome.calls[7]);
  EXPECT_EQ(outcome.calls[8], outcome.calls[11]);
  // Weights and bias, first and second moments, and the figures.
  EXPECT_EQ(outcome.calls[11] - outcome.calls[7], 4);
}

}  // namespace
}  // namespace credence
