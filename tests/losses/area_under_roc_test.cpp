#include "credence/losses/area_under_roc.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "losses/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using testing::random_labels;
using testing::random_tensor;
using testing::tensor_of;

TEST(AreaUnderRoc, CountsPairsInOrderAndTiesHalf) {
  EXPECT_EQ(area_under_roc({{1, 0}, {2, 1}}), 1);
  EXPECT_EQ(area_under_roc({{1, 1}, {2, 0}}), 0);
  EXPECT_EQ(area_under_roc({{1, 0}, {1, 1}}), 0.5);
  // Of six pairs 3 > 1, 3 > 2 and 2 > 1 are in order, 2 = 2 is a tie, 1 < 2 is not, 1 = 1 a tie.
  EXPECT_EQ(area_under_roc({{3, 1}, {2, 1}, {1, 1}, {1, 0}, {2, 0}}), (3 + 0.5 + 0.5) / 6);
}

TEST(AreaUnderRoc, IsNoNumberWithoutExamplesOfBothKinds) {
  EXPECT_TRUE(std::isnan(area_under_roc({})));
  EXPECT_TRUE(std::isnan(area_under_roc({{1, 0}, {2, 0}})));
  EXPECT_TRUE(std::isnan(area_under_roc({{1, 1}, {2, 1}})));
}

TEST(AreaUnderRoc, AgreesWithAllPairsInAnyOrderOfExamples) {
  const std::int64_t n = 300;
  const Tensor scores = random_tensor({n}, DType::float32, 1), kinds = random_labels(n, 3, 2);
  std::vector<ScoredExample> examples;
  for (std::int64_t i = 0; i < n; ++i)  // quarters, so that there are many ties
    examples.push_back({.score = std::round(4 * scores.span<float>()[i]) / 4,
                        .outcome = kinds.span<float>()[i] == 0 ? 1.0 : 0.0});
  double ordered = 0, pairs = 0;
  for (const ScoredExample& one : examples)
    for (const ScoredExample& zero : examples)
      if (one.outcome == 1 && zero.outcome == 0) {
        pairs += 1;
        ordered += one.score > zero.score ? 1 : one.score == zero.score ? 0.5 : 0;
      }
  EXPECT_EQ(area_under_roc(examples), ordered / pairs);
  std::ranges::reverse(examples);
  EXPECT_EQ(area_under_roc(examples), ordered / pairs);
}

/// Three examples of two classes with these entropies; the second is wrong.
double metric_of(std::initializer_list<float> entropies) {
  const auto metric = make_metric("auroc");
  metric->update({.mean = tensor_of<float>({3, 2}, {0.9F, 0.1F, 0.6F, 0.4F, 0.2F, 0.8F}),
                  .predictive_entropy = tensor_of<float>({3}, entropies)},
                 tensor_of<float>({3, 1}, {0, 1, 1}));
  return metric->value();
}

TEST(AreaUnderRocMetric, DetectsMistakesByPredictiveEntropy) {
  EXPECT_EQ(metric_of({0.3F, 0.6F, 0.5F}), 1);
  EXPECT_EQ(metric_of({0.7F, 0.6F, 0.5F}), 0.5);
  EXPECT_EQ(metric_of({0.6F, 0.6F, 0.5F}), 0.75);
  EXPECT_EQ(metric_of({0.3F, 0.1F, 0.5F}), 0);
}

TEST(AreaUnderRocMetric, ForgetsAtAResetAndRefusesWhatIsNoNumber) {
  const auto metric = make_metric("auroc");
  EXPECT_TRUE(std::isnan(metric->value()));
  metric->collected()->assign({{1, 0}, {2, 1}});
  EXPECT_EQ(metric->value(), 1);
  metric->reset();
  EXPECT_TRUE(std::isnan(metric->value()));
  EXPECT_THROW(metric_of({0.3F, std::numeric_limits<float>::quiet_NaN(), 0.5F}), NumericalError);
  EXPECT_THROW(metric->update({.mean = Tensor({1, 2})}, Tensor({1, 1})), ShapeError);
}

}  // namespace
}  // namespace credence
