#include "credence/predict/calibration.h"

#include <algorithm>
#include <cmath>

#include "support/errors.h"
#include "support/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/predict/class_draws.h"
#include "credence/predict/conformal.h"
#include "credence/predict/temperature.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::message_of;

double uniform(float normal) {
  return 0.5 * std::erfc(-normal / std::sqrt(2.0));
}

struct Labelled {
  Tensor probabilities, target;
  double information = 0;  // of 1/T, at the true one
};

/// Labels drawn from softmax(logits), and what a network says that is surer by a factor.
Labelled surer_by(double factor, std::int64_t count) {
  constexpr std::int64_t classes = 4;
  const Tensor logits = random_tensor({count, classes}, DType::float32, "logits");
  const Tensor draws = random_tensor({count}, DType::float32, "labels");
  Labelled made{Tensor({count, classes}), Tensor({count, 1})};
  for (std::int64_t n = 0; n < count; ++n) {
    const auto row = logits.span<float>().subspan(static_cast<std::size_t>(n * classes), classes);
    const auto softmax = [&](double scale) {
      std::vector<double> p;
      double sum = 0;
      for (const float z : row) sum += p.emplace_back(std::exp(2 * scale * z));
      for (double& value : p) value /= sum;
      return p;
    };
    const std::vector<double> truth = softmax(1), said = softmax(factor);
    double left = uniform(draws.span<float>()[n]), mean = 0, squares = 0;
    std::size_t label = 0;
    while (label + 1 < classes && left > truth[label]) left -= truth[label++];
    made.target.span<float>()[n] = static_cast<float>(label);
    for (std::size_t k = 0; k < classes; ++k) {
      made.probabilities.span<float>()[n * classes + static_cast<std::int64_t>(k)] =
          static_cast<float>(said[k]);
      mean += truth[k] * std::log(said[k]);
      squares += truth[k] * std::pow(std::log(said[k]), 2);
    }
    made.information += squares - mean * mean;
  }
  return made;
}

/// n = 8000 each; |z| < 4 of 1/T by its Fisher information.
TEST(Temperature, FindsThePlantedOne) {
  for (const double planted : {0.4, 1.0, 3.0}) {
    const Labelled data = surer_by(planted, 8000);
    const TemperatureFit fit = fit_temperature(data.probabilities, data.target);
    EXPECT_LT(std::abs(1 / fit.temperature - 1 / planted) * std::sqrt(data.information), 4)
        << fit.temperature << " for " << planted;
    EXPECT_LE(fit.nll_after, fit.nll_before);
    for (const double other : {0.98, 1.02}) {  // no better one beside it
      Predictions p{.mean = data.probabilities.clone(),
                    .predictive_entropy = Tensor({8000}),
                    .nll = Tensor({8000})};
      Temperature(fit.temperature * other).apply(p, data.target);
      double nll = 0;
      for (const float value : p.nll.span<float>()) nll += value / 8000.0;
      EXPECT_GT(nll, fit.nll_after);
    }
  }
}

TEST(Temperature, OfAFaultlessNetworkIsTheBound) {
  Tensor probabilities({30, 2}), target({30, 1});
  for (std::int64_t n = 0; n < 30; ++n) {
    target.span<float>()[n] = static_cast<float>(n % 2);
    probabilities.span<float>()[2 * n + n % 2] = 0.9F;
    probabilities.span<float>()[2 * n + 1 - n % 2] = 0.1F;
  }
  EXPECT_EQ(fit_temperature(probabilities, target).temperature, Temperature::least);
}

TEST(Temperature, ChangesAllButTheMutualInformation) {
  Predictions p{.mean = Tensor({1, 3}),
                .predictive_entropy = Tensor({1}),
                .mutual_information = Tensor({1}),
                .nll = Tensor({1})};
  const std::vector<float> given{0.64F, 0.32F, 0.04F};
  std::ranges::copy(given, p.mean.data<float>());
  p.mutual_information.fill(0.1);
  Temperature(2).apply(p, Tensor({1, 1}));
  const double sum = 0.8 + std::sqrt(0.32) + 0.2;
  EXPECT_NEAR(p.mean.span<float>()[0], 0.8 / sum, 1e-6);
  EXPECT_NEAR(p.mean.span<float>()[2], 0.2 / sum, 1e-6);
  EXPECT_NEAR(p.nll.span<float>()[0], -std::log(0.8 / sum), 1e-6);
  EXPECT_EQ(p.predictive_entropy.span<float>()[0], entropy(p.mean.span<float>()));
  EXPECT_EQ(p.mutual_information.span<float>()[0], 0.1F);
}

/// A wrong mean, and a sigma that is wrong by a factor that depends on x; noise is skewed.
Predictions wrong_predictions(std::int64_t count, const std::string& name, bool has_sigma,
                              Tensor& target) {
  const Tensor x = random_tensor({count}, DType::float32, name + "x");
  const Tensor noise = random_tensor({count}, DType::float32, name + "noise");
  Predictions p{.mean = Tensor({count, 1})};
  target = Tensor({count, 1});
  if (has_sigma) p.sigma = Tensor({count, 1});
  for (std::int64_t n = 0; n < count; ++n) {
    const float at = x.span<float>()[n];
    target.span<float>()[n] =
        at - static_cast<float>(std::log(uniform(noise.span<float>()[n]))) * (1 + at * at);
    p.mean.span<float>()[n] = 1.3F * at;
    if (has_sigma) p.sigma.span<float>()[n] = 0.3F * (1 + std::abs(at));
  }
  return p;
}

double coverage(const Predictions& p, const Tensor& target) {
  double inside = 0;
  for (std::int64_t n = 0; n < target.size(); ++n)
    inside += p.lower.span<float>()[n] <= target.span<float>()[n] &&
              target.span<float>()[n] <= p.upper.span<float>()[n];
  return inside / static_cast<double>(target.size());
}

/// 999 examples to fit, so that k of 1000 is the interval: the coverage given them is Beta(k, 1000
/// - k); 20000 to test. |z| < 4.
TEST(Conformal, CoversWhateverIsWrongWithTheNetwork) {
  constexpr double fitted = 999, tested = 20000;
  for (const bool has_sigma : {true, false})
    for (const double interval : {0.5, 0.9, 0.99}) {
      Tensor target, test_target;
      const Predictions validation = wrong_predictions(fitted, "validation", has_sigma, target);
      Predictions test = wrong_predictions(tested, "test", has_sigma, test_target);
      Conformal(Conformal::scores(validation, target), interval).apply(test, test_target);
      const double variance = interval * (1 - interval) * (1 / (fitted + 2) + 1 / tested);
      EXPECT_LT(std::abs(coverage(test, test_target) - interval) / std::sqrt(variance), 4)
          << interval << ": " << coverage(test, test_target);
    }
}

TEST(Conformal, TakesTheScoreOfItsRankForEachTarget) {
  Tensor scores({9, 2});
  for (std::int64_t n = 0; n < 9; ++n) {
    scores.span<float>()[2 * n] = static_cast<float>((n * 4) % 9);  // 0 to 8
    scores.span<float>()[2 * n + 1] = static_cast<float>(n * 10);
  }
  EXPECT_THAT(Conformal(scores, 0.9).quantiles(), ::testing::ElementsAre(8, 80));  // ceil(9) of 9
  EXPECT_THAT(Conformal(scores, 0.7).quantiles(), ::testing::ElementsAre(6, 60));  // 7 of 9
  const Tensor saved = Conformal(scores, 0.9).state()[0].tensor;
  EXPECT_THAT(Conformal(saved, 0.55).quantiles(), ::testing::ElementsAre(5, 50));  // ceil(5.5)
}

TEST(Conformal, SaysHowManyExamplesAnIntervalTakes) {
  EXPECT_EQ(Conformal::least_examples(0.5), 1);
  EXPECT_EQ(Conformal::least_examples(0.8), 4);
  EXPECT_EQ(Conformal::least_examples(0.9), 9);
  EXPECT_EQ(Conformal::least_examples(0.95), 19);
  EXPECT_EQ(Conformal::least_examples(0.99), 99);
  EXPECT_NO_THROW(Conformal(Tensor({9, 1}), 0.9));
  EXPECT_THAT(message_of<ConfigError>([] {
                Conformal(Tensor({8, 1}), 0.9);
              }),
              AllOf(HasSubstr("takes 9 validation examples"), HasSubstr("got 8")));
}

TEST(CalibrationOptions, RefuseWhatMeansNothing) {
  using Method = CalibrationMethod;
  for (const double bad : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    EXPECT_THAT(message_of<ConfigError>([&] { CalibrationOptions{.temperature = bad}.check(); }),
                HasSubstr("expected a positive number"));
  const CalibrationOptions both{.calibration = Method::temperature, .temperature = 2};
  EXPECT_THAT(message_of<ConfigError>([&] { both.check(); }), HasSubstr("remove one"));
  const CalibrationOptions temperature{.calibration = Method::temperature};
  const CalibrationOptions conformal{.calibration = Method::conformal}, given{.temperature = 2};
  for (const auto& options : {temperature, given})
    EXPECT_THAT(message_of<ConfigError>([&] { options.check_fit(Problem::density_regression); }),
                HasSubstr("conformal"));
  EXPECT_THAT(message_of<ConfigError>([&] { conformal.check_fit(Problem::classification); }),
              HasSubstr("temperature"));
  EXPECT_THAT(message_of<ConfigError>([&] { temperature.check_examples(19, 0.9); }),
              AllOf(HasSubstr("19"), HasSubstr("20 or more")));
  EXPECT_NO_THROW(temperature.check_examples(20, 0.9));
}

TEST(LoadCalibration, TakesWhatWasSaved) {
  const CalibrationOptions temperature{.calibration = CalibrationMethod::temperature};
  const std::vector<NamedTensor> saved = Temperature(1.75).state();
  const auto loaded = load_calibration(temperature, 0.9, saved);
  EXPECT_EQ(dynamic_cast<const Temperature&>(*loaded).value(), 1.75);
  EXPECT_EQ(load_calibration({}, 0.9, saved), nullptr);
  EXPECT_THAT(message_of<ConfigError>([&] { load_calibration(temperature, 0.9, {}); }),
              HasSubstr("predict.calibration=none"));
  const std::vector<NamedTensor> wrong{{"temperature", Tensor({2}, DType::float64)}};
  EXPECT_THAT(message_of<DataError>([&] { load_calibration(temperature, 0.9, wrong); }),
              HasSubstr("expected float64 [1], got float64 [2]"));
  const std::vector<NamedTensor> zero{{"temperature", Tensor({1}, DType::float64)}};
  EXPECT_THAT(message_of<DataError>([&] { load_calibration(temperature, 0.9, zero); }),
              HasSubstr("positive"));
}

TEST(LoadCalibration, RefusesScoresThatCannotBeSorted) {
  const auto message = [](const Tensor& scores) {
    return message_of<DataError>([&] {
      load_calibration({.calibration = CalibrationMethod::conformal}, 0.5,
                       std::vector<NamedTensor>{{"conformal_scores", scores}});
    });
  };
  Tensor scores({20, 2});
  scores.span<float>()[7] = std::nanf("");
  EXPECT_THAT(message(scores), HasSubstr("expected finite numbers, got nan"));
  EXPECT_THAT(message(Tensor({std::int64_t{1} << 50, 0})), HasSubstr("got [1125899906842624, 0]"));
}

}  // namespace
}  // namespace credence
