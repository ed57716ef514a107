#include "credence/bayes/gaussian_prior.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/kernels/parallel_sum.h"

namespace credence {

ScaledGaussian::ScaledGaussian(const ScaledGaussianOptions& options) : options_(options) {
  require<ConfigError>(options.scale > 0 && std::isfinite(options.scale),
                       "scaled_gaussian: scale must be positive and finite, got ", options.scale);
}

GaussianOptions ScaledGaussian::operator()(const MeanFieldGaussian& posterior) const {
  const Shape& shape = posterior.mu.value.shape();
  return {.sigma = options_.scale / std::sqrt(static_cast<double>(shape.row_size()))};
}

GaussianOptions EmpiricalGaussian::operator()(const MeanFieldGaussian& posterior) const {
  const std::int64_t size = posterior.mu.value.size();
  const double squares = with_real_type(posterior.mu.value.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const mu = posterior.mu.value.data<T>(), *const rho = posterior.rho.value.data<T>();
    return sum_of_terms(size, [=](std::int64_t i) {
      const T sigma = softplus(rho[i]);
      return mu[i] * mu[i] + sigma * sigma;
    });
  });
  return {.sigma = std::sqrt(squares / static_cast<double>(size))};
}

}  // namespace credence
