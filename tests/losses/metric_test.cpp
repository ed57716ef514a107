#include "credence/losses/metric.h"

#include <cmath>
#include <limits>

#include "losses/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/losses/categorical_cross_entropy.h"

namespace credence {
namespace {

using ::testing::HasSubstr;
using testing::random_labels;
using testing::random_tensor;
using testing::tensor_of;

double value_of(const std::string& name, const Predictions& predictions, const Tensor& target) {
  const auto metric = make_metric(name);
  EXPECT_EQ(metric->name(), name);
  metric->update(predictions, target);
  return metric->value();
}

/// A random classifier of 6 classes with random entropies, as floats.
Predictions random_predictions(std::int64_t rows) {
  Predictions predictions{.mean = Tensor({rows, 6}),
                          .predictive_entropy = random_tensor({rows}, DType::float32, 5),
                          .mutual_information = random_tensor({rows}, DType::float32, 6),
                          .nll = random_tensor({rows}, DType::float32, 7)};
  CategoricalCrossEntropy().predict(random_tensor({rows, 6}, DType::float32, 8, 2),
                                    predictions.mean);
  return predictions;
}

/// Rows of 21 classes, of which number 0 has probability p and is the top one if p > 1/21.
Predictions confident(float p, int rows) {
  const std::int64_t others = 20;
  Predictions predictions{.mean = Tensor({rows, others + 1}), .nll = Tensor({rows})};
  for (int row = 0; row < rows; ++row) {
    float* dst = predictions.mean.data<float>() + row * (others + 1);
    std::fill(dst, dst + others + 1, (1 - p) / others);
    dst[0] = p;
  }
  return predictions;
}

TEST(Metrics, MatchAComputationByHand) {
  const Predictions predictions{.mean = tensor_of<float>({2, 2}, {0.75, 0.25, 0.5, 0.5}),
                                .predictive_entropy = tensor_of<float>({2}, {0.5, 1}),
                                .mutual_information = tensor_of<float>({2}, {0.25, 0}),
                                .nll = tensor_of<float>({2}, {1, 2})};
  const Tensor target = tensor_of<float>({2, 1}, {0, 1});
  EXPECT_EQ(value_of("accuracy", predictions, target), 0.5);  // of equals, the first class
  EXPECT_EQ(value_of("nll", predictions, target), 1.5);
  EXPECT_EQ(value_of("ll", predictions, target), -1.5);
  EXPECT_EQ(value_of("brier", predictions, target), (2 * 0.0625 + 2 * 0.25) / 2);
  EXPECT_EQ(value_of("ece", predictions, target), (0.25 + 0.5) / 2);
  EXPECT_EQ(value_of("predictive_entropy", predictions, target), 0.75);
  EXPECT_EQ(value_of("mutual_information", predictions, target), 0.125);
}

TEST(Metrics, OfRegressionMatchAComputationByHand) {
  const Predictions predictions{.mean = tensor_of<float>({2, 2}, {1, 2, 3, 4}),
                                .nll = tensor_of<float>({2}, {-1, 2})};
  const Tensor target = tensor_of<float>({2, 2}, {0, 4, 3, 1});
  EXPECT_DOUBLE_EQ(value_of("rmse", predictions, target), std::sqrt((1 + 4 + 0 + 9) / 4.0));
  EXPECT_DOUBLE_EQ(value_of("mae", predictions, target), (1 + 2 + 0 + 3) / 4.0);
  EXPECT_DOUBLE_EQ(value_of("nll", predictions, target), 0.5);
}

TEST(Metrics, OfTheBestAndTheWorstPredictions) {
  const Predictions sure{.mean = tensor_of<float>({2, 2}, {1, 0, 1, 0}), .nll = Tensor({2})};
  const Tensor right = tensor_of<float>({2, 1}, {0, 0});
  const Tensor wrong = tensor_of<float>({2, 1}, {1, 1});
  EXPECT_EQ(value_of("brier", sure, right), 0);
  EXPECT_EQ(value_of("brier", sure, wrong), 2);
  EXPECT_EQ(value_of("ece", sure, right), 0);
  EXPECT_EQ(value_of("ece", sure, wrong), 1);
}

TEST(Metrics, AgreeWithAnIndependentComputation) {
  const std::int64_t n = 3000;
  const Predictions predictions = random_predictions(n);
  const Tensor target = random_labels(n, 6, 9);
  double correct = 0, squares = 0;
  std::vector<std::vector<std::pair<double, bool>>> bins(15);
  for (std::int64_t row = 0; row < n; ++row) {
    const auto all = predictions.mean.span<float>();
    const std::vector<float> p(all.begin() + row * 6, all.begin() + row * 6 + 6);
    const auto label = static_cast<std::size_t>(target.data<float>()[row]);
    const auto top = std::max_element(p.begin(), p.end());
    const bool hit = static_cast<std::size_t>(top - p.begin()) == label;
    correct += hit;
    for (std::size_t k = 0; k < 6; ++k)
      squares += std::pow(static_cast<double>(p[k]) - (k == label), 2);
    for (int bin = 14; bin >= 0; --bin)
      if (*top >= bin / 15.0) {
        bins[bin].emplace_back(*top, hit);
        break;
      }
  }
  double ece = 0;
  for (const auto& bin : bins) {
    double confidence = 0, accuracy = 0;
    for (const auto& [p, hit] : bin) {
      confidence += p / bin.size();
      accuracy += hit / static_cast<double>(bin.size());
    }
    ece += static_cast<double>(bin.size()) / n * std::abs(confidence - accuracy);
  }
  EXPECT_GT(ece, 0.1);
  EXPECT_NEAR(value_of("accuracy", predictions, target), correct / n, 1e-12);
  EXPECT_NEAR(value_of("brier", predictions, target), squares / n, 1e-12);
  EXPECT_NEAR(value_of("ece", predictions, target), ece, 1e-12);
}

TEST(Metrics, SumsOfHalvesAreTheSumsOfTheWhole) {
  const Predictions all = random_predictions(101);
  const Tensor target = random_labels(101, 6, 9);
  for (const auto& whole : make_metrics(Problem::classification)) {
    const auto first = make_metric(whole->name());
    const auto second = make_metric(whole->name());
    first->update(rows_of(all, 0, 37), target.rows(0, 37));
    second->update(rows_of(all, 37, 64), target.rows(37, 64));
    whole->update(rows_of(all, 0, 37), target.rows(0, 37));
    whole->update(rows_of(all, 37, 64), target.rows(37, 64));
    ASSERT_EQ(first->sums().size(), whole->sums().size());
    for (std::size_t i = 0; i < whole->sums().size(); ++i) first->sums()[i] += second->sums()[i];
    EXPECT_NEAR(first->value(), whole->value(), 1e-15) << whole->name();
    const auto once = make_metric(whole->name());
    once->update(all, target);
    EXPECT_NEAR(once->value(), whole->value(), 1e-14) << whole->name();
  }
}

TEST(Metrics, MergeExactlyWhereSumsAreExact) {
  // Probabilities and figures in eighths: no sum is rounded, so the order cannot matter.
  Predictions all{.mean = Tensor({64, 2}),
                  .predictive_entropy = Tensor({64}),
                  .mutual_information = Tensor({64}),
                  .nll = Tensor({64})};
  for (int row = 0; row < 64; ++row) {
    const float p = static_cast<float>(row * 5 % 9) / 8;
    all.mean.data<float>()[2 * row] = p;
    all.mean.data<float>()[2 * row + 1] = 1 - p;
    for (Tensor* t : {&all.predictive_entropy, &all.mutual_information, &all.nll})
      t->data<float>()[row] = p;
  }
  const Tensor target = random_labels(64, 2, 3);
  for (const auto& whole : make_metrics(Problem::classification)) {
    whole->update(all, target);
    for (const std::int64_t cut : {0, 1, 29, 64}) {
      const auto first = make_metric(whole->name());
      const auto second = make_metric(whole->name());
      first->update(rows_of(all, 0, cut), target.rows(0, cut));
      second->update(rows_of(all, cut, 64 - cut), target.rows(cut, 64 - cut));
      for (std::size_t i = 0; i < whole->sums().size(); ++i) first->sums()[i] += second->sums()[i];
      EXPECT_EQ(first->value(), whole->value()) << whole->name();
    }
  }
}

TEST(ExpectedCalibrationError, BinsAreClosedBelowAndTheLastAlsoAbove) {
  const Tensor right({1, 1});
  for (int edge = 2; edge <= 15; ++edge) {
    const auto at = static_cast<float>(edge / 15.0);
    for (const float p : {std::nextafter(at, 0.0F), at, std::nextafter(at, 2.0F)}) {
      if (p > 1) continue;
      const auto metric = make_metric("ece");
      metric->update(confident(p, 1), right);
      const int expected = p == 1 ? 14 : static_cast<int>(std::floor(15.0L * p));
      for (int bin = 0; bin < 15; ++bin)
        EXPECT_EQ(metric->sums()[2 * bin + 1], bin == expected ? 1 : 0) << edge << " " << p;
    }
  }
}

TEST(ExpectedCalibrationError, TakesOneAndZeroItself) {
  // One right at 1 exactly, one wrong at 0.9375, both in the last bin.
  const auto metric = make_metric("ece");
  metric->update(confident(1, 1), Tensor({1, 1}));
  metric->update(confident(0.9375F, 1), tensor_of<float>({1, 1}, {4}));
  EXPECT_EQ(metric->value(), 0.9375 / 2);
  // All zero, as a broken model may say: the first bin, and wrong by nothing if wrong.
  const Predictions zero{.mean = Tensor({1, 3}), .nll = Tensor({1})};
  EXPECT_EQ(value_of("ece", zero, Tensor({1, 1})), 1);
  EXPECT_EQ(value_of("ece", zero, tensor_of<float>({1, 1}, {2})), 0);
}

TEST(ExpectedCalibrationError, AddsUpWithinABinBeforeTakingTheDistance) {
  // Right half of the time at confidence 0.5: calibrated, though each example alone is off by 0.5.
  EXPECT_EQ(value_of("ece", confident(0.5, 2), tensor_of<float>({2, 1}, {0, 3})), 0);
}

TEST(Metrics, ResetForgetsEverything) {
  for (const std::string& name : metric_names()) {
    const auto metric = make_metric(name);
    EXPECT_TRUE(std::isnan(metric->value())) << name;
    for (double& sum : metric->sums()) sum = 1;
    metric->reset();
    EXPECT_THAT(metric->sums(), ::testing::Each(0.0)) << name;
  }
}

TEST(Metrics, DefaultsFollowTheKindOfProblem) {
  std::vector<std::string> names;
  for (const auto& metric : make_metrics(Problem::classification)) names.push_back(metric->name());
  EXPECT_THAT(names, ::testing::ElementsAre("accuracy", "nll", "ece", "brier", "predictive_entropy",
                                            "mutual_information"));
  names.clear();
  for (const auto& metric : make_metrics(Problem::regression)) names.push_back(metric->name());
  EXPECT_THAT(names, ::testing::ElementsAre("rmse", "mae"));
  names.clear();
  for (const auto& metric : make_metrics(Problem::density_regression))
    names.push_back(metric->name());
  EXPECT_THAT(names, ::testing::ElementsAre("nll", "rmse", "mae", "picp", "mpiw"));
}

TEST(Metrics, FitOneKindOfProblem) {
  std::vector<std::string> classification, regression, density;
  for (const std::string& name : metric_names()) {
    if (make_metric(name)->fits(Problem::classification)) classification.push_back(name);
    if (make_metric(name)->fits(Problem::regression)) regression.push_back(name);
    if (make_metric(name)->fits(Problem::density_regression)) density.push_back(name);
  }
  EXPECT_THAT(classification, ::testing::ElementsAre("accuracy", "nll", "ece", "adaptive_ece",
                                                     "classwise_ece", "brier", "predictive_entropy",
                                                     "mutual_information", "auroc", "ll"));
  EXPECT_THAT(regression, ::testing::ElementsAre("rmse", "mae"));
  EXPECT_THAT(density, ::testing::ElementsAre("nll", "rmse", "mae", "ll", "picp", "mpiw", "crps"));
  for (const Problem problem :
       {Problem::classification, Problem::regression, Problem::density_regression})
    for (const auto& metric : make_metrics(problem))
      EXPECT_NO_THROW(require_fit(metric->name(), problem)) << metric->name();
}

TEST(Metrics, ThoseNamedFollowTheDefaultsOnce) {
  std::vector<std::string> names;
  for (const auto& metric : make_metrics(Problem::classification, {"ll", "ece", "ll"}))
    names.push_back(metric->name());
  EXPECT_THAT(names, ::testing::ElementsAre("accuracy", "nll", "ece", "brier", "predictive_entropy",
                                            "mutual_information", "ll"));
}

TEST(Metrics, ThoseNamedMustFitTheProblem) {
  try {
    make_metrics(Problem::regression, {"mae", "ll"});
    ADD_FAILURE();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "metric \"ll\" does not fit a problem of regression; those that fit: rmse, mae");
  }
  EXPECT_THROW(make_metrics(Problem::classification, {"rmse"}), ConfigError);
  EXPECT_THROW(make_metrics(Problem::classification, {"acuracy"}), ConfigError);
}

TEST(Metrics, RefuseWhatDoesNotFit) {
  Predictions predictions = random_predictions(3);
  const Tensor target({3, 1});
  for (const auto& metric : make_metrics(Problem::classification))
    EXPECT_THROW(metric->update(predictions, Tensor({2, 1})), ShapeError) << metric->name();
  for (const char* name : {"accuracy", "ece", "brier"}) {
    EXPECT_THROW(value_of(name, predictions, tensor_of<float>({3, 1}, {0, 6, 0})), DataError);
    EXPECT_THROW(value_of(name, predictions, Tensor({3, 2})), ShapeError);
  }
  EXPECT_THROW(value_of("rmse", predictions, target), ShapeError);
  predictions.mutual_information = Tensor();
  EXPECT_THROW(value_of("mutual_information", predictions, target), ShapeError);
  predictions.mean.data<float>()[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(value_of("accuracy", predictions, target), NumericalError);
  EXPECT_THROW(value_of("ece", predictions, target), NumericalError);
}

TEST(Metrics, AnUnknownNameIsToldTheClosest) {
  try {
    make_metric("acuracy");
    ADD_FAILURE();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"accuracy\""));
  }
}

}  // namespace
}  // namespace credence
