#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/bayes/cross_entropy_prior.h"
#include "credence/bayes/gaussian_prior.h"
#include "credence/bayes/moped_prior.h"

namespace credence {
namespace {

MeanFieldGaussian posterior_of(const Shape& shape) {
  MeanFieldGaussian posterior("w", shape, DType::float32);
  posterior.mu.value.copy_from(random_tensor(shape, DType::float32, "mu"));
  posterior.rho.value.copy_from(random_tensor(shape, DType::float32, "rho"));
  posterior.centre = random_tensor(shape, DType::float32, "centre");
  for (Parameter* parameter : {&posterior.mu, &posterior.rho})
    parameter->gradient = Tensor(shape, DType::float32);
  return posterior;
}

std::vector<std::shared_ptr<Prior>> all_priors() {
  return {std::make_shared<GaussianPrior>(GaussianOptions{.mean = 0.1, .sigma = 0.7}),
          std::make_shared<ScaledGaussianPrior>(ScaledGaussianOptions{}),
          std::make_shared<EmpiricalGaussianPrior>(EmpiricalGaussianOptions{}),
          std::make_shared<MopedPrior>(MopedOptions{}),
          std::make_shared<LaplacePrior>(LaplaceOptions{}),
          std::make_shared<ScaleMixturePrior>(ScaleMixtureOptions{.samples = 2})};
}

TEST(KlGradient, OfPartsIsThatOfTheWholeToTheBit) {
  const Shape shape{37, 61};  // no multiple of a block
  const StepContext context{.seed = 5, .step = 2};
  for (const std::shared_ptr<Prior>& prior : all_priors()) {
    MeanFieldGaussian whole = posterior_of(shape), cut = posterior_of(shape);
    const double kl = prior->add_kl_gradient(whole, {0.5}, context, {});
    double sum = 0;
    std::vector<int> told(static_cast<std::size_t>(shape.size()));
    for (const WeightRange& part : {WeightRange{0, 384}, WeightRange{384, 384},
                                    WeightRange{384, 1920}, WeightRange{1920, 2257}})
      sum += prior->add_kl_gradient(cut, {0.5, part}, context,
                                    [&](std::int64_t begin, std::int64_t end) {
                                      for (; begin < end; ++begin)
                                        ++told[static_cast<std::size_t>(begin)];
                                    });
    EXPECT_NEAR(sum, kl, 1e-10 * kl);
    EXPECT_EQ(told, std::vector<int>(told.size(), 1));
    for (const auto& [a, b] : {std::pair(&whole.mu, &cut.mu), std::pair(&whole.rho, &cut.rho)})
      EXPECT_TRUE(std::ranges::equal(a->gradient.span<float>(), b->gradient.span<float>()));
  }
}

}  // namespace
}  // namespace credence
