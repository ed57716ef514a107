#include <algorithm>
#include <cmath>
#include <numeric>

#include "predict/networks.h"
#include "support/errors.h"
#include <gmock/gmock.h>

namespace credence {
namespace {

constexpr std::int64_t examples = 29;
using Rows = std::vector<std::vector<double>>;  // by draw, then by element

/// What each draw predicts, with nothing but forward passes.
Rows predictions_by_draw(const SmallProblem& made, std::int64_t samples, Rows* sigmas) {
  const Shape row = made.loss->prediction_shape({4});
  Tensor src({examples, 6, 6, 1}), target(made.dataset->target_shape().prepend(examples));
  std::vector<std::int64_t> indices(examples);
  std::iota(indices.begin(), indices.end(), 0);
  made.dataset->read(indices, 0, src, target);
  Rows means;
  for (std::uint32_t s = 0; s < samples; ++s) {
    made.model->forward(
        src, {.seed = 9, .training = false, .weights = WeightSampling::predictive, .sample = s});
    Tensor mean(row.prepend(examples)), variance(mean.shape());
    made.loss->predict(made.model->output(), mean);
    means.emplace_back(mean.span<float>().begin(), mean.span<float>().end());
    if (!sigmas) continue;
    made.loss->density()->predict_variance(made.model->output(), variance);
    sigmas->emplace_back(variance.span<float>().begin(), variance.span<float>().end());
  }
  return means;
}

struct Stopped {
  std::int64_t samples = 0;
  double mean = 0;  // of the row's first element
};

/// The rule, from its definition.
Stopped stop(const Rows& means, const Rows& variances, std::size_t row, double tolerance) {
  const std::size_t width = means[0].size() / examples;
  Stopped stopped;
  for (std::size_t count = 10;; count = std::min(count + 10, means.size())) {
    double largest = 0;
    for (std::size_t i = row * width; i < (row + 1) * width; ++i) {
      double mean = 0, squares = 0, scale = 0;
      for (std::size_t s = 0; s < count; ++s) mean += means[s][i] / static_cast<double>(count);
      for (std::size_t s = 0; s < count; ++s) squares += std::pow(means[s][i] - mean, 2);
      const auto n = static_cast<double>(count);
      for (std::size_t s = 0; s < count && !variances.empty(); ++s) scale += variances[s][i] / n;
      const double sigma = variances.empty() ? 1 : std::sqrt(scale + squares / n);
      largest = std::max(largest, std::sqrt(squares / (n - 1) / n) / sigma);
      if (i == row * width) stopped.mean = mean;
    }
    stopped.samples = static_cast<std::int64_t>(count);
    if (largest < tolerance || count == means.size()) return stopped;
  }
}

class Tolerance : public ::testing::TestWithParam<const char*> {};

TEST_P(Tolerance, EndsTheDrawsOfEachExampleOnItsOwn) {
  constexpr std::int64_t most = 75;
  const std::string problem = GetParam();
  const bool is_density = problem == "density";
  const double tolerance = is_density ? 0.09 : 0.02;
  Rows variances;
  const Rows means = predictions_by_draw(small_problem(problem, examples, examples), most,
                                         is_density ? &variances : nullptr);
  std::vector<double> taken;
  for (const std::int64_t batch : {1, 6, 64}) {
    const SmallProblem made = small_problem(problem, examples, batch);
    Predictor predictor(*made.model, *made.loss, 9, {.samples = most, .tolerance = tolerance});
    const Predictions got = predictor.predict(*made.dataset, *self_communicator()).predictions;
    const std::vector<Units> units = made.dataset->target_info().units;
    taken.clear();
    for (std::size_t row = 0; row < examples; ++row) {
      const Stopped expected = stop(means, variances, row, tolerance);
      EXPECT_EQ(got.samples.span<float>()[row], static_cast<float>(expected.samples)) << row;
      const std::size_t width = means[0].size() / examples;
      const Units own = units.empty() ? Units{} : units[0];
      EXPECT_NEAR(got.mean.span<float>()[row * width], expected.mean * own.scale + own.shift, 1e-5);
      taken.push_back(static_cast<double>(expected.samples));
    }
  }
  EXPECT_LT(*std::ranges::min_element(taken), *std::ranges::max_element(taken))
      << "examples must differ, or the test says little";
}

INSTANTIATE_TEST_SUITE_P(Problems, Tolerance, ::testing::Values("classes", "density"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Tolerance, IsToldByEvaluate) {
  const SmallProblem made = small_problem("classes", examples, 8);
  Predictor predictor(*made.model, *made.loss, 9, {.samples = 75, .tolerance = 0.02});
  const auto communicator = self_communicator();
  const Tensor samples = predictor.predict(*made.dataset, *communicator).predictions.samples;
  const auto taken = samples.span<float>();
  const auto values = evaluate(predictor, *made.dataset, *communicator);
  const auto value = [&](const std::string& name) {
    return std::ranges::find(values, name, &NamedValue::first)->second;
  };
  EXPECT_NEAR(value("samples"), std::accumulate(taken.begin(), taken.end(), 0.0) / examples, 1e-9);
  EXPECT_EQ(value("samples_max"), *std::ranges::max_element(taken));
}

TEST(Tolerance, NeedsAScale) {
  const SmallProblem made = small_problem("means", 5, 5);
  const auto make = [&](double tolerance) {
    Predictor(*made.model, *made.loss, 9, {.tolerance = tolerance});
  };
  EXPECT_THAT(testing::message_of<ConfigError>([&] { make(0.1); }),
              ::testing::HasSubstr("train.loss=gaussian"));
  for (const double bad : {-0.1, 1.0, static_cast<double>(NAN)})
    EXPECT_THAT(testing::message_of<ConfigError>([&] { make(bad); }),
                ::testing::HasSubstr("tolerance: expected"));
}

}  // namespace
}  // namespace credence
