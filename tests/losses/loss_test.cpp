#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>

#include "losses/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"
#include "credence/losses/binary_cross_entropy.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/losses/mean_squared_error.h"

namespace credence {
namespace {

using ::testing::AllOf;
using testing::converted;
using ::testing::HasSubstr;
using testing::random_labels;
using testing::random_tensor;
using testing::tensor_of;

/// A loss, and a problem of `rows` examples that fits it, in double.
struct Case {
  const char* name;
  std::function<std::unique_ptr<Loss>()> make;
  std::function<Tensor(std::int64_t rows)> output;
  std::function<Tensor(std::int64_t rows)> target;
};

Tensor random_probabilities(std::int64_t rows) {
  const CategoricalCrossEntropy softmax;
  Tensor probabilities({rows, 7}, DType::float64);
  softmax.predict(random_tensor({rows, 7}, DType::float64, 3), probabilities);
  return probabilities;
}

const Case cases[] = {
    {"categorical", [] { return std::make_unique<CategoricalCrossEntropy>(); },
     [](std::int64_t n) {
       return random_tensor({n, 7}, DType::float64, 1, 3);
     },
     [](std::int64_t n) { return random_labels(n, 7, 2); }},
    {"categorical_from_probabilities",
     [] {
       return std::make_unique<CategoricalCrossEntropy>(
           CategoricalCrossEntropyOptions{.from_logits = false});
     },
     random_probabilities, [](std::int64_t n) { return random_labels(n, 7, 2); }},
    {"binary", [] { return std::make_unique<BinaryCrossEntropy>(); },
     [](std::int64_t n) {
       return random_tensor({n, 1}, DType::float64, 1, 3);
     },
     [](std::int64_t n) { return random_labels(n, 2, 2); }},
    {"mean_squared", [] { return std::make_unique<MeanSquaredError>(); },
     [](std::int64_t n) {
       return random_tensor({n, 4}, DType::float64, 1);
     },
     [](std::int64_t n) {
       return random_tensor({n, 4}, DType::float32, 2);
     }},
    {"gaussian_of_fixed_noise",
     [] { return std::make_unique<GaussianLikelihood>(GaussianLikelihoodOptions{.sigma = 0.7}); },
     [](std::int64_t n) {
       return random_tensor({n, 3}, DType::float64, 1);
     },
     [](std::int64_t n) {
       return random_tensor({n, 3}, DType::float32, 2);
     }},
    {"gaussian_of_predicted_noise", [] { return std::make_unique<GaussianLikelihood>(); },
     [](std::int64_t n) {
       return random_tensor({n, 6}, DType::float64, 1);
     },
     [](std::int64_t n) {
       return random_tensor({n, 3}, DType::float32, 2);
     }},
};

class EveryLoss : public ::testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(Losses, EveryLoss, ::testing::ValuesIn(cases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(EveryLoss, GradientAgreesWithCentralDifferences) {
  const auto loss = GetParam().make();
  Tensor output = GetParam().output(5);
  const Tensor target = GetParam().target(5);
  Tensor gradient(output.shape(), DType::float64);
  gradient.fill(std::numeric_limits<double>::quiet_NaN());
  const double divisor = 3;
  loss->forward(output, target, divisor, &gradient);
  const double step = 1e-6;
  for (double& element : output.span<double>()) {
    const double kept = element;
    element = kept + step;
    const double above = loss->forward(output, target, divisor, nullptr);
    element = kept - step;
    const double below = loss->forward(output, target, divisor, nullptr);
    element = kept;
    const double expected = (above - below) / (2 * step);
    const std::ptrdiff_t i = &element - output.data<double>();
    EXPECT_NEAR(gradient.data<double>()[i], expected, 1e-8 * (1 + std::abs(expected))) << i;
  }
}

TEST_P(EveryLoss, IsTheSameWithAndWithoutGradient) {
  const auto loss = GetParam().make();
  const Tensor output = GetParam().output(33);
  const Tensor target = GetParam().target(33);
  Tensor gradient(output.shape(), DType::float64);
  EXPECT_EQ(loss->forward(output, target, 1, &gradient), loss->forward(output, target, 1, nullptr));
}

TEST_P(EveryLoss, FloatAgreesWithDouble) {
  const auto loss = GetParam().make();
  const Tensor single = converted<double, float>(GetParam().output(50));
  const Tensor wide = converted<float, double>(single);
  const Tensor target = GetParam().target(50);
  Tensor single_gradient(single.shape());
  Tensor wide_gradient(wide.shape(), DType::float64);
  const double expected = loss->forward(wide, target, 50, &wide_gradient);
  EXPECT_NEAR(loss->forward(single, target, 50, &single_gradient), expected, 1e-6 * expected);
  for (std::int64_t i = 0; i < wide.size(); ++i) {
    const double exact = wide_gradient.data<double>()[i];
    EXPECT_NEAR(single_gradient.data<float>()[i], exact, 1e-8 + 2e-6 * std::abs(exact));
  }
}

TEST_P(EveryLoss, DoesNotDependOnTheNumberOfThreads) {
  const auto loss = GetParam().make();
  const Tensor output = GetParam().output(40'001);
  const Tensor target = GetParam().target(40'001);
  Tensor alone(output.shape(), DType::float64);
  Tensor together = alone.clone();
  const int threads = thread_count();
  set_thread_count(1);
  const double expected = loss->forward(output, target, 7, &alone);
  for (const int count : {2, 3, 5}) {
    set_thread_count(count);
    EXPECT_EQ(loss->forward(output, target, 7, &together), expected);
    EXPECT_EQ(std::memcmp(alone.raw(), together.raw(), alone.bytes()), 0);
  }
  set_thread_count(threads);
}

TEST_P(EveryLoss, PartsOverTheGlobalDivisorAddUpToTheWhole) {
  const auto loss = GetParam().make();
  const Tensor output = GetParam().output(10);
  const Tensor target = GetParam().target(10);
  const double whole = loss->forward(output, target, 10, nullptr);
  const double parts = loss->forward(output.rows(0, 3), target.rows(0, 3), 10, nullptr) +
                       loss->forward(output.rows(3, 7), target.rows(3, 7), 10, nullptr);
  EXPECT_NEAR(parts, whole, 1e-14 * whole);
  EXPECT_EQ(loss->forward(output.rows(0, 0), target.rows(0, 0), 10, nullptr), 0);
}

TEST_P(EveryLoss, RefusesWhatDoesNotFit) {
  const auto loss = GetParam().make();
  const Tensor output = GetParam().output(5);
  Tensor gradient({5, 99}, DType::float64);
  EXPECT_THROW(loss->forward(output, GetParam().target(4), 5, nullptr), ShapeError);
  EXPECT_THROW(loss->forward(output, GetParam().target(5), 5, &gradient), ShapeError);
  EXPECT_THROW(loss->predict(output, gradient), ShapeError);
}

TEST(CategoricalCrossEntropy, OfUniformLogitsIsTheLogOfTheClasses) {
  const Tensor logits({4, 10});
  EXPECT_NEAR(CategoricalCrossEntropy().forward(logits, Tensor({4, 1}), 4, nullptr), std::log(10.0),
              1e-12);
}

TEST(CategoricalCrossEntropy, IsFiniteForLargeLogits) {
  const Tensor logits = tensor_of<float>({2, 3}, {1e4F, -1e4F, 0, 1e4F, -1e4F, 0});
  Tensor gradient({2, 3});
  Tensor probabilities({2, 3});
  const CategoricalCrossEntropy loss;
  EXPECT_EQ(loss.forward(logits, tensor_of<float>({2, 1}, {0, 1}), 1, &gradient), 2e4);
  EXPECT_THAT(gradient.span<float>(), ::testing::ElementsAre(0, 0, 0, 1, -1, 0));
  loss.predict(logits, probabilities);
  EXPECT_THAT(probabilities.span<float>(), ::testing::ElementsAre(1, 0, 0, 1, 0, 0));
}

TEST(CategoricalCrossEntropy, KeepsTheDigitsOfASmallLoss) {
  const Tensor logits = tensor_of<float>({1, 2}, {20, 0});
  const double loss = CategoricalCrossEntropy().forward(logits, Tensor({1, 1}), 1, nullptr);
  EXPECT_NEAR(loss, std::log1p(std::exp(-20.0)), 1e-6 * loss);
}

TEST(CategoricalCrossEntropy, StaysAwayFromTheLogOfZero) {
  const CategoricalCrossEntropy loss({.from_logits = false});
  Tensor gradient({1, 2}, DType::float64);
  const Tensor output = tensor_of<double>({1, 2}, {0, 1});
  EXPECT_DOUBLE_EQ(loss.forward(output, Tensor({1, 1}), 1, &gradient), -std::log(1e-7));
  EXPECT_DOUBLE_EQ(gradient.data<double>()[0], -1e7);
  EXPECT_EQ(gradient.data<double>()[1], 0);
}

TEST(CategoricalCrossEntropy, LetsWhatIsNoNumberThrough) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const bool from_logits : {true, false}) {
    const CategoricalCrossEntropy loss({.from_logits = from_logits});
    for (const auto& row : {tensor_of<float>({1, 2}, {nan, 1}), tensor_of<float>({1, 2}, {nan, 0})})
      EXPECT_TRUE(std::isnan(loss.forward(row, Tensor({1, 1}), 1, nullptr)));
  }
}

TEST(CategoricalCrossEntropy, PredictsRowsThatAddUpToOne) {
  const Tensor logits = random_tensor({20, 10}, DType::float32, 5, 4);
  Tensor p({20, 10});
  CategoricalCrossEntropy().predict(logits, p);
  for (std::int64_t row = 0; row < 20; ++row) {
    double sum = 0;
    for (std::int64_t k = 0; k < 10; ++k) sum += static_cast<double>(p.data<float>()[row * 10 + k]);
    EXPECT_NEAR(sum, 1, 1e-6);
    const double loss =
        CategoricalCrossEntropy().forward(logits.rows(row, 1), Tensor({1, 1}), 1, nullptr);
    EXPECT_NEAR(p.data<float>()[row * 10], std::exp(-loss), 1e-6);
  }
}

TEST(CategoricalCrossEntropy, NamesTheRowAndLabelThatIsNoClass) {
  const Tensor logits({3, 10});
  for (const float label : {10.0F, -1.0F, 2.5F, std::numeric_limits<float>::quiet_NaN()}) {
    try {
      CategoricalCrossEntropy().forward(logits, tensor_of<float>({3, 1}, {1, 9, label}), 1,
                                        nullptr);
      ADD_FAILURE() << "accepted " << label;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("row 2"), HasSubstr(concat("got ", label))));
    }
  }
}

TEST(CategoricalCrossEntropy, SetupChecksShapes) {
  CategoricalCrossEntropy loss;
  loss.setup({10}, {1}, 10);
  EXPECT_THROW(loss.setup({9}, {1}, 10), ShapeError);
  EXPECT_THROW(loss.setup({10}, {2}, 10), ShapeError);
  EXPECT_THROW(loss.setup({10}, {1}, 0), ShapeError);
}

TEST(BinaryCrossEntropy, AgreesWithTwoLogitsOfWhichOneIsZero) {
  const Tensor logits = tensor_of<double>({4, 1}, {-700, -0.5, 3, 1e4});
  const Tensor pairs = tensor_of<double>({4, 2}, {0, -700, 0, -0.5, 0, 3, 0, 1e4});
  const Tensor labels = tensor_of<float>({4, 1}, {1, 0, 1, 0});
  const BinaryCrossEntropy binary;
  const CategoricalCrossEntropy categorical;
  EXPECT_DOUBLE_EQ(binary.forward(logits, labels, 2, nullptr),
                   categorical.forward(pairs, labels, 2, nullptr));
  Tensor p({4, 2}, DType::float64);
  Tensor expected({4, 2}, DType::float64);
  binary.predict(logits, p);
  categorical.predict(pairs, expected);
  for (std::int64_t i = 0; i < 8; ++i)
    EXPECT_DOUBLE_EQ(p.data<double>()[i], expected.data<double>()[i]);
}

TEST(BinaryCrossEntropy, RefusesOtherLabelsAndShapes) {
  BinaryCrossEntropy loss;
  EXPECT_THROW(loss.forward(Tensor({1, 1}), tensor_of<float>({1, 1}, {0.5}), 1, nullptr),
               DataError);
  EXPECT_THROW(loss.forward(Tensor({1, 1}), tensor_of<float>({1, 1}, {2}), 1, nullptr), DataError);
  loss.setup({1}, {1}, 2);
  EXPECT_THROW(loss.setup({2}, {1}, 2), ShapeError);
  EXPECT_THROW(loss.setup({1}, {1}, 10), ShapeError);
}

TEST(MeanSquaredError, MatchesAComputationByHand) {
  const Tensor output = tensor_of<float>({2, 2}, {1, 2, 3, 4});
  const Tensor target = tensor_of<float>({2, 2}, {0, 4, 3, 1});
  Tensor gradient({2, 2});
  // Squares 1 4 | 0 9, means 2.5 and 4.5, over a divisor of 4.
  EXPECT_DOUBLE_EQ(MeanSquaredError().forward(output, target, 4, &gradient), 7.0 / 4);
  EXPECT_THAT(gradient.span<float>(), ::testing::ElementsAre(0.25, -0.5, 0, 0.75));
}

TEST(MeanSquaredError, PredictsItsOutput) {
  const Tensor output = tensor_of<double>({2, 1}, {1.5, -2});
  Tensor prediction({2, 1});
  MeanSquaredError loss;
  loss.predict(output, prediction);
  EXPECT_THAT(prediction.span<float>(), ::testing::ElementsAre(1.5F, -2.0F));
  loss.setup({3}, {3}, 0);
  EXPECT_THROW(loss.setup({3}, {2}, 0), ShapeError);
  EXPECT_THROW(loss.setup({1}, {1}, 10), ShapeError);
}

TEST(GaussianLikelihood, IsTheDensityOfANormal) {
  const double half_log_2_pi = 0.91893853320467274178;
  const Tensor target = tensor_of({1, 2}, {1.0F, -1.0F});
  const GaussianLikelihood fixed({.sigma = 2});
  // Errors of 1 and 3, in sigmas 1/2 and 3/2.
  EXPECT_NEAR(fixed.forward(tensor_of({1, 2}, {2.0F, 2.0F}), target, 1, nullptr),
              2 * half_log_2_pi + 2 * std::log(2.0) + 0.5 * (0.25 + 2.25), 1e-6);

  const GaussianLikelihood predicted({.min_sigma = 0.5});
  const float rho = 0.3F;
  const double sigma = 0.5 + std::log1p(std::exp(0.3));
  const Tensor output = tensor_of({1, 4}, {2.0F, 2.0F, rho, rho});
  std::vector<double> log_density(1);
  predicted.density()->log_density(output, target, log_density);
  const double expected = -2 * half_log_2_pi - 2 * std::log(sigma) - 0.5 * 10 / (sigma * sigma);
  EXPECT_NEAR(log_density[0], expected, 1e-6);
  EXPECT_NEAR(predicted.forward(output, target, 1, nullptr), -expected, 1e-6);
  Tensor mean({1, 2}), variance({1, 2});
  predicted.predict(output, mean);
  predicted.density()->predict_variance(output, variance);
  EXPECT_EQ(mean.span<float>()[1], 2);
  EXPECT_NEAR(variance.span<float>()[1], sigma * sigma, 1e-6);
}

TEST(GaussianLikelihood, OfALearnedSigmaReadsRhosThatTheNetworkDoesNotGive) {
  GaussianLikelihood loss({.sigma = 0.3, .learn_sigma = true, .min_sigma = 0.1});
  EXPECT_EQ(loss.output_size(3), 3);
  EXPECT_NO_THROW(loss.setup({6}, {3}, 0));
  EXPECT_EQ(GaussianLikelihood({.sigma = 0.3}).learned_rho(), std::nullopt);
  const auto rho = static_cast<float>(loss.learned_rho().value());
  Tensor variance({1, 1});
  loss.density()->predict_variance(tensor_of({1, 2}, {5.0F, rho}), variance);
  EXPECT_NEAR(std::sqrt(variance.span<float>()[0]), 0.3, 1e-6);
}

TEST(GaussianLikelihood, RefusesWhatDoesNotFit) {
  EXPECT_THROW(GaussianLikelihood({.sigma = 0}), ConfigError);
  EXPECT_THROW(GaussianLikelihood({.min_sigma = 0}), ConfigError);
  EXPECT_THROW(GaussianLikelihood({.sigma = 1.0, .min_sigma = 0.1}), ConfigError);
  EXPECT_EQ(GaussianLikelihood({.sigma = 1.0}).output_size(3), 3);
  EXPECT_THROW(GaussianLikelihood({.sigma = 0.1, .learn_sigma = true, .min_sigma = 0.1}),
               ConfigError);
  GaussianLikelihood loss;
  EXPECT_EQ(loss.output_size(3), 6);
  EXPECT_NO_THROW(loss.setup({6}, {3}, 0));
  EXPECT_THROW(loss.setup({3}, {3}, 0), ShapeError);
  EXPECT_THROW(loss.setup({6}, {3}, 10), ShapeError);
}

}  // namespace
}  // namespace credence
