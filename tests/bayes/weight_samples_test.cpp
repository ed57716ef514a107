#include "credence/bayes/weight_samples.h"

#include <cmath>

#include "support/errors.h"
#include "support/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/bayes/gaussian_samples.h"
#include "credence/bayes/stored_samples.h"

namespace credence {
namespace {

using ::testing::HasSubstr;

TEST(GaussianSamples, HaveTheMeanAndCovarianceTheyAreMadeOf) {
  constexpr std::int64_t samples = 20'000;
  Parameter a("a", {2}, DType::float32), b("b", {1, 1}, DType::float32);
  Parameter fixed("fixed", {2}, DType::float32);
  fixed.value.fill(7);
  Parameter* const parameters[] = {&a, &b, &fixed};
  const auto tensor = [](const Shape& shape, std::vector<float> values) {
    Tensor made(shape);
    std::ranges::copy(values, made.span<float>().begin());
    return made;
  };
  const GaussianSamples posterior({{.parameter = "a",
                                    .mean = tensor({2}, {1, -2}),
                                    .sigma = tensor({2}, {0.5F, 0.1F}),
                                    .deviations = tensor({2, 2}, {0.3F, 0.4F, 0, -0.2F})},
                                   {.parameter = "b",
                                    .mean = tensor({1, 1}, {3}),
                                    .sigma = tensor({1, 1}, {0.2F}),
                                    .deviations = tensor({2, 1, 1}, {-0.5F, 0.6F})}});
  EXPECT_FALSE(posterior.varies(fixed));
  const double mean[3] = {1, -2, 3};
  const double root[3][2] = {{0.3, 0}, {0.4, -0.2}, {-0.5, 0.6}}, sigma[3] = {0.5, 0.1, 0.2};
  double sum[3] = {}, product[3][3] = {};
  for (std::int64_t s = 0; s < samples; ++s) {
    posterior.write(s, 11, parameters);
    const double w[3] = {a.value.span<float>()[0] - mean[0], a.value.span<float>()[1] - mean[1],
                         b.value.span<float>()[0] - mean[2]};
    for (int i = 0; i < 3; ++i) {
      sum[i] += w[i];
      for (int j = 0; j < 3; ++j) product[i][j] += w[i] * w[j] / samples;
    }
  }
  EXPECT_EQ(fixed.value.span<float>()[1], 7);
  const auto covariance = [&](int i, int j) {
    return root[i][0] * root[j][0] + root[i][1] * root[j][1] + (i == j ? sigma[i] * sigma[i] : 0);
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_LT(std::abs(sum[i]) / std::sqrt(samples * covariance(i, i)), 4);
    for (int j = 0; j < 3; ++j) {
      const double spread = std::sqrt(
          (covariance(i, i) * covariance(j, j) + covariance(i, j) * covariance(i, j)) / samples);
      EXPECT_LT(std::abs(product[i][j] - covariance(i, j)) / spread, 4) << i << j;
    }
  }
}

TEST(WeightSamples, AreTheSameWhenTheyAreLoadedAgain) {
  Parameter a("a", {2, 3}, DType::float32), b("b", {}, DType::float32);
  Parameter* const parameters[] = {&a, &b};
  StoredSamples stored;
  for (int s = 0; s < 3; ++s) {
    a.value.copy_from(random_tensor({2, 3}, DType::float32, "a" + std::to_string(s)));
    b.value.fill(s);
    stored.add(parameters);
  }
  Tensor sigma = random_tensor({2, 3}, DType::float32, "sigma");
  for (float& value : sigma.span<float>()) value *= value;
  const GaussianSamples gaussian(
      {{.parameter = "a", .mean = random_tensor({2, 3}, DType::float32, "mean"), .sigma = sigma}});
  for (const WeightSamples* kind :
       {static_cast<const WeightSamples*>(&stored), static_cast<const WeightSamples*>(&gaussian)}) {
    const std::unique_ptr<WeightSamples> loaded = load_weight_samples(kind->state(), parameters);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->size(), kind->size());
    kind->write(2, 5, parameters);
    const SavedValues expected(parameters);
    const Tensor value = a.value.clone();
    a.value.fill(0);
    loaded->write(2, 5, parameters);
    for (std::size_t i = 0; i < 6; ++i)
      EXPECT_EQ(a.value.span<float>()[i], value.span<float>()[i]) << kind->kind();
    a.value.fill(0);
    expected.restore();
    EXPECT_EQ(a.value.span<float>()[4], value.span<float>()[4]);
  }
  EXPECT_FALSE(load_weight_samples({}, parameters));
}

TEST(WeightSamples, ThatAreNoNumbersOrNegativeSigmasAreRefused) {
  Parameter a("a", {2}, DType::float32);
  Parameter* const parameters[] = {&a};
  Tensor mean({2}), sigma({2});
  const std::vector<NamedTensor> state{{"gaussian.mean.a", mean}, {"gaussian.sigma.a", sigma}};
  EXPECT_TRUE(load_weight_samples(state, parameters));
  const auto message = [&] {
    return testing::message_of<DataError>([&] { load_weight_samples(state, parameters); });
  };
  sigma.span<float>()[1] = -1;
  EXPECT_THAT(message(), HasSubstr("gaussian.sigma.a\": expected 0 or more"));
  sigma.span<float>()[1] = std::nanf("");
  EXPECT_THAT(message(), HasSubstr("gaussian.sigma.a\": expected finite numbers"));
}

TEST(WeightSamples, GiveTheBiasOfALayerToNoOtherParameter) {
  Parameter a("a", {2, 1}, DType::float32), b("b", {5, 4}, DType::float32);
  Parameter* const parameters[] = {&a, &b};
  const std::vector<NamedTensor> state{
      {"kronecker.mean.a", Tensor({2, 1})},    {"kronecker.mean.b", Tensor({2})},
      {"kronecker.outputs.a", Tensor({2, 2})}, {"kronecker.inputs.a", Tensor({1, 1})},
      {"kronecker.sigma.a", Tensor({2, 1})},   {"kronecker.scale.a", Tensor({1})}};
  const std::unique_ptr<WeightSamples> samples = load_weight_samples(state, parameters);
  EXPECT_TRUE(samples->varies(a));
  EXPECT_FALSE(samples->varies(b));
}

TEST(WeightSamples, OfAnotherArchitectureAreRefused) {
  Parameter a("a", {2, 3}, DType::float32), other("a", {3, 3}, DType::float32);
  Parameter unknown("c", {2}, DType::float32);
  Parameter *const mine[] = {&a}, *const larger[] = {&other}, *const more[] = {&a, &unknown};
  StoredSamples stored;
  stored.add(mine);
  const auto message = [&](std::span<Parameter* const> parameters) {
    return testing::message_of<DataError>([&] { load_weight_samples(stored.state(), parameters); });
  };
  EXPECT_THAT(message(larger), HasSubstr("tensor \"stored.a\": expected float32 [1, 3, 3], got "
                                         "float32 [1, 2, 3]"));
  EXPECT_THAT(message(more), HasSubstr("expected a tensor \"stored.c\""));
  const std::vector<NamedTensor> strange{{"nonsense.a", Tensor({1})}};
  EXPECT_THAT(testing::message_of<DataError>([&] { load_weight_samples(strange, mine); }),
              HasSubstr("\"nonsense.a\" is of no known kind"));
}

}  // namespace
}  // namespace credence
