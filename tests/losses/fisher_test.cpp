// The Fisher information of an output: the mean of g g^T over targets that the output predicts.

#include <cmath>
#include <vector>

#include "losses/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/losses/binary_cross_entropy.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/losses/mean_squared_error.h"

namespace credence {
namespace {

using testing::random_tensor;

/// A target of one example, and its probability, or its weight in a quadrature.
struct Weighed {
  double weight;
  std::vector<float> target;
};

/// sum over targets of weight g g^T and R R^T, element by element.
void expect_root(const Loss& loss, const Tensor& output, const std::vector<Weighed>& targets) {
  const FisherRoot& fisher = *loss.fisher();
  const auto size = static_cast<std::size_t>(output.size());
  std::vector<double> expected(size * size), product(size * size);
  Tensor gradient(output.shape(), output.dtype());
  for (const Weighed& weighed : targets) {
    Tensor target({1, static_cast<std::int64_t>(weighed.target.size())});
    std::ranges::copy(weighed.target, target.data<float>());
    loss.forward(output, target, 1, &gradient);
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j)
        expected[i * size + j] +=
            weighed.weight * gradient.span<double>()[i] * gradient.span<double>()[j];
  }
  Tensor column(output.shape(), output.dtype());
  for (std::int64_t k = 0; k < fisher.fisher_columns(output.shape().without_leading()); ++k) {
    column.fill(std::nan(""));
    fisher.write_fisher_column(output, k, column);
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j)
        product[i * size + j] += column.span<double>()[i] * column.span<double>()[j];
  }
  for (std::size_t i = 0; i < product.size(); ++i)
    EXPECT_NEAR(product[i], expected[i], 1e-6 * (1 + std::abs(expected[i]))) << i;
}

TEST(FisherRoot, IsTheVarianceOfTheGradientOfClasses) {
  for (const bool from_logits : {true, false}) {
    const CategoricalCrossEntropy loss({.from_logits = from_logits});
    Tensor logits = random_tensor({1, 4}, DType::float64, 3), p({1, 4}, DType::float64);
    CategoricalCrossEntropy().predict(logits, p);
    std::vector<Weighed> targets;
    for (std::size_t k = 0; k < 4; ++k)
      targets.push_back({p.span<double>()[k], {static_cast<float>(k)}});
    expect_root(loss, from_logits ? logits : p, targets);
  }
}

TEST(FisherRoot, IsTheVarianceOfTheGradientOfTwoClasses) {
  const BinaryCrossEntropy loss;
  for (const double z : {-3.0, 0.2, 2.5}) {
    Tensor logit({1, 1}, DType::float64);
    logit.fill(z);
    const double p = 1 / (1 + std::exp(-z));
    expect_root(loss, logit, {{1 - p, {0}}, {p, {1}}});
  }
}

TEST(FisherRoot, IsTheVarianceOfTheGradientOfNormalTargets) {
  for (const bool is_predicted : {false, true}) {
    const GaussianLikelihood loss(is_predicted ? GaussianLikelihoodOptions{}
                                               : GaussianLikelihoodOptions{.sigma = 0.7});
    const Tensor output = random_tensor({1, is_predicted ? 4 : 2}, DType::float64, 5);
    Tensor mean({1, 2}, DType::float64), variance({1, 2}, DType::float64);
    loss.predict(output, mean);
    loss.density()->predict_variance(output, variance);
    // Gauss-Hermite quadrature of three points: exact for the fourth powers here.
    const double points[] = {-std::sqrt(3.0), 0, std::sqrt(3.0)};
    const double weights[] = {1.0 / 6, 2.0 / 3, 1.0 / 6};
    std::vector<Weighed> targets;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) {
        const auto at = [&](std::size_t k, double z) {
          return static_cast<float>(mean.span<double>()[k] +
                                    z * std::sqrt(variance.span<double>()[k]));
        };
        targets.push_back({weights[i] * weights[j], {at(0, points[i]), at(1, points[j])}});
      }
    expect_root(loss, output, targets);
  }
}

TEST(FisherRoot, IsNotKnownOfWhatIsNoLikelihood) {
  EXPECT_EQ(MeanSquaredError().fisher(), nullptr);
}

}  // namespace
}  // namespace credence
