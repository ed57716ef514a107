#include "credence/predict/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "predict/random_part.h"
#include "support/statistics.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/losses/area_under_roc.h"
#include "credence/random/noise.h"

namespace credence::test {
namespace {

const NoiseKey key = noise_key(3, Stream::noise, "bootstrap");

TEST(PoissonCounts, HaveMeanAndVarianceOneAndTheRightFrequencies) {
  std::vector<float> counts(1 << 20);  // n = 2^20
  fill_poisson_counts(counts, key, 0, 0);
  EXPECT_LT(std::abs(mean_z(std::span<const float>(counts), 1, 1)), 4);
  std::vector<float> squares(counts.size());
  std::ranges::transform(counts, squares.begin(), [](float k) { return (k - 1) * (k - 1); });
  EXPECT_LT(std::abs(mean_z(std::span<const float>(squares), 1, 3)), 4);  // fourth moment 4
  double probability = std::exp(-1.0);
  for (int k = 0; k < 6; ++k) {
    const auto seen = static_cast<double>(std::ranges::count(counts, static_cast<float>(k)));
    const double n = static_cast<double>(counts.size());
    EXPECT_LT(std::abs(seen - n * probability) / std::sqrt(n * probability * (1 - probability)), 4)
        << k;
    probability /= k + 1;
  }
}

TEST(PoissonCounts, DependOnExampleAndReplicateAlone) {
  std::vector<float> longer(100), piece(8), other(100);
  fill_poisson_counts(longer, key, 7, 0);
  fill_poisson_counts(piece, key, 7, 64);
  fill_poisson_counts(other, key, 8, 0);
  EXPECT_TRUE(std::equal(piece.begin(), piece.end(), longer.begin() + 64));
  EXPECT_NE(longer, other);
}

Interval interval_of(const std::string& metric, const PredictedPart& part,
                     const BootstrapOptions& options) {
  const std::vector<std::string> names{"nll", metric};
  return bootstrap_intervals(names, part, options, *self_communicator()).at(1);
}

TEST(Bootstrap, OfAShareHasTheWidthOfTheNormalApproximation) {
  const std::int64_t n = 900;
  PredictedPart part{.end = n, .predictions = {.mean = Tensor({n, 2}), .nll = Tensor({n})}};
  part.target = Tensor({n, 1});
  for (std::int64_t i = 0; i < n; ++i) {
    part.predictions.mean.span<float>()[2 * i] = 1;
    part.target.span<float>()[i] = i % 5 == 0 ? 1.0F : 0.0F;  // right in four of five
  }
  const double deviation = std::sqrt(0.8 * 0.2 / n);
  // An end is the quantile of 4000 replicates: its own deviation is 0.042 of this one.
  const Interval interval = interval_of("accuracy", part, {.replicates = 4000});
  EXPECT_NEAR(interval.lower, 0.8 - 1.96 * deviation, 0.25 * deviation);
  EXPECT_NEAR(interval.upper, 0.8 + 1.96 * deviation, 0.25 * deviation);
  const Interval narrow = interval_of("accuracy", part, {.replicates = 4000, .level = 0.5});
  EXPECT_NEAR(narrow.upper - narrow.lower, 2 * 0.6745 * deviation, 0.25 * deviation);
}

/// The quantiles of the metric's values where example n is in `counts` times.
Interval by_hand(const std::string& name, const PredictedPart& part,
                 const BootstrapOptions& options) {
  std::vector<double> values;
  const NoiseKey own = noise_key(options.seed, Stream::noise, "bootstrap");
  for (std::int64_t r = 0; r < options.replicates; ++r) {
    const auto metric = make_metric(name);
    for (std::int64_t n = part.begin; n < part.end; ++n) {
      std::vector<float> counts(static_cast<std::size_t>(options.replicates));
      fill_poisson_counts(counts, own, n, 0);
      for (int i = 0; i < static_cast<int>(counts[static_cast<std::size_t>(r)]); ++i)
        metric->update(rows_of(part.predictions, n, 1), part.target.rows(n, 1));
    }
    values.push_back(metric->value());
  }
  std::ranges::sort(values);
  // 41 replicates: quantiles 0.05 and 0.95 are the third and the third but last.
  return {values.at(2), values.at(values.size() - 3)};
}

TEST(Bootstrap, IsThatOfReplicatesMadeByHand) {
  const PredictedPart part = random_part(60);
  const BootstrapOptions options{.replicates = 41, .level = 0.9, .seed = 5};
  for (const char* name : {"accuracy", "ece", "classwise_ece", "brier", "adaptive_ece", "auroc"}) {
    const Interval expected = by_hand(name, part, options);
    const Interval got = interval_of(name, part, options);
    EXPECT_LT(expected.lower, expected.upper) << name;
    EXPECT_NEAR(got.lower, expected.lower, 1e-12) << name;
    EXPECT_NEAR(got.upper, expected.upper, 1e-12) << name;
  }
}

TEST(Bootstrap, LeavesOutReplicatesWithoutAValue) {
  PredictedPart part = random_part(4);
  for (std::int64_t n = 0; n < 4; ++n) {  // one error among four: often drawn no time
    const auto row =
        part.predictions.mean.span<float>().subspan(static_cast<std::size_t>(3 * n), 3);
    const auto top = static_cast<float>(std::ranges::max_element(row) - row.begin());
    part.target.span<float>()[n] = n == 0 ? static_cast<float>(static_cast<int>(top + 1) % 3) : top;
  }
  const Interval some = interval_of("auroc", part, {.replicates = 200});
  EXPECT_TRUE(some.lower >= 0 && some.upper <= 1);
  const Interval none = interval_of("auroc", random_part(0), {.replicates = 40});
  EXPECT_TRUE(std::isnan(none.lower) && std::isnan(none.upper));
}

TEST(Bootstrap, RefusesTooFewReplicates) {
  EXPECT_THROW(interval_of("ece", random_part(4), {.replicates = 39}), ConfigError);
  EXPECT_THROW(interval_of("ece", random_part(4), {.level = 1}), ConfigError);
}

}  // namespace
}  // namespace credence::test
