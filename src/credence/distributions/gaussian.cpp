#include "credence/distributions/gaussian.h"

#include <cmath>
#include <cstdint>

#include "credence/base/errors.h"
#include "credence/kernels/parallel_sum.h"

namespace credence {

namespace {

template <class T>
double log_density(std::span<const T> x, const GaussianOptions& gaussian) {
  check(gaussian);
  const T* values = x.data();
  const double mean = gaussian.mean, precision = 1.0 / gaussian.sigma;
  const double squares = sum_of_terms(static_cast<std::int64_t>(x.size()), [=](std::int64_t i) {
    const double z = (values[i] - mean) * precision;
    return z * z;
  });
  return -0.5 * squares -
         static_cast<double>(x.size()) * (std::log(gaussian.sigma) + half_log_2_pi);
}

/// One weight's part of the KL divergence.
template <class T>
[[gnu::always_inline]] inline T kl_term(T mu, T rho, T mean, T precision, T log_sigma) {
  const T ratio = softplus(rho) * precision;
  const T distance = (mu - mean) * precision;
  return T(0.5) * ((ratio * ratio - T(1)) + distance * distance) - (log_softplus(rho) - log_sigma);
}

/// The mean of a prior, the same for every element.
template <class T>
struct OneMean {
  T mean;
  explicit OneMean(const GaussianOptions& prior) : mean(static_cast<T>(prior.mean)) {}
  T operator()(std::int64_t /*i*/) const { return mean; }
};

/// One for each element.
template <class T>
struct Means {
  const T* means;
  Means(const CentredGaussian<T>& prior, std::size_t size) : means(prior.means.data()) {
    check({.sigma = prior.sigma});
    require<ShapeError>(prior.means.size() == size, "kl_centred_gaussian: mu has ", size,
                        " elements, the means ", prior.means.size());
  }
  T operator()(std::int64_t i) const { return means[i]; }
};

template <class T, class Mean>
double kl(std::span<const T> mu, std::span<const T> rho, Mean mean_of, double sigma) {
  require<ShapeError>(mu.size() == rho.size(), "kl_gaussian: mu has ", mu.size(), " elements, rho ",
                      rho.size());
  const T *means = mu.data(), *rhos = rho.data();
  const T precision = static_cast<T>(1.0 / sigma), log_sigma = static_cast<T>(std::log(sigma));
  return sum_of_terms(static_cast<std::int64_t>(mu.size()), [=](std::int64_t i) {
    return kl_term(means[i], rhos[i], mean_of(i), precision, log_sigma);
  });
}

template <class T, class Mean>
double add_kl_gradient(std::span<const T> mu, std::span<const T> rho, Mean mean_of, double sigma,
                       double scale, std::span<T> diff_mu, std::span<T> diff_rho,
                       const ElementsDone& added) {
  require<ShapeError>(
      rho.size() == mu.size() && diff_mu.size() == mu.size() && diff_rho.size() == mu.size(),
      "add_kl_gaussian_gradient: mu has ", mu.size(), " elements, rho ", rho.size(), ", diff_mu ",
      diff_mu.size(), ", diff_rho ", diff_rho.size());
  const T precision = static_cast<T>(1.0 / sigma), log_sigma = static_cast<T>(std::log(sigma));
  const T factor = static_cast<T>(scale), weight = static_cast<T>(scale / (sigma * sigma));
  const T *means = mu.data(), *rhos = rho.data();
  T *to_mu = diff_mu.data(), *to_rho = diff_rho.data();
  const auto term = [=](std::int64_t i) {
    const T mean = mean_of(i);
    to_mu[i] += weight * (means[i] - mean);
    to_rho[i] += weight * softplus(rhos[i]) * softplus_derivative(rhos[i]) -
                 factor * log_softplus_derivative(rhos[i]);
    return kl_term(means[i], rhos[i], mean, precision, log_sigma);
  };
  const auto count = static_cast<std::int64_t>(mu.size());
  return added ? sum_of_terms(count, term, added) : sum_of_terms(count, term);
}

}  // namespace

void check(const GaussianOptions& gaussian) {
  require<ConfigError>(gaussian.sigma > 0 && std::isfinite(gaussian.sigma),
                       "gaussian: sigma must be positive and finite, got ", gaussian.sigma);
  require<ConfigError>(std::isfinite(gaussian.mean), "gaussian: mean must be finite, got ",
                       gaussian.mean);
}

double gaussian_log_density(std::span<const float> x, const GaussianOptions& gaussian) {
  return log_density(x, gaussian);
}

double gaussian_log_density(std::span<const double> x, const GaussianOptions& gaussian) {
  return log_density(x, gaussian);
}

double kl_gaussian(std::span<const float> mu, std::span<const float> rho,
                   const GaussianOptions& prior) {
  check(prior);
  return kl(mu, rho, OneMean<float>(prior), prior.sigma);
}

double kl_gaussian(std::span<const double> mu, std::span<const double> rho,
                   const GaussianOptions& prior) {
  check(prior);
  return kl(mu, rho, OneMean<double>(prior), prior.sigma);
}

double add_kl_gaussian_gradient(std::span<const float> mu, std::span<const float> rho,
                                const GaussianOptions& prior, double scale,
                                std::span<float> diff_mu, std::span<float> diff_rho,
                                const ElementsDone& added) {
  check(prior);
  return add_kl_gradient(mu, rho, OneMean<float>(prior), prior.sigma, scale, diff_mu, diff_rho,
                         added);
}

double add_kl_gaussian_gradient(std::span<const double> mu, std::span<const double> rho,
                                const GaussianOptions& prior, double scale,
                                std::span<double> diff_mu, std::span<double> diff_rho,
                                const ElementsDone& added) {
  check(prior);
  return add_kl_gradient(mu, rho, OneMean<double>(prior), prior.sigma, scale, diff_mu, diff_rho,
                         added);
}

double kl_centred_gaussian(std::span<const float> mu, std::span<const float> rho,
                           const CentredGaussian<float>& prior) {
  return kl(mu, rho, Means<float>(prior, mu.size()), prior.sigma);
}

double kl_centred_gaussian(std::span<const double> mu, std::span<const double> rho,
                           const CentredGaussian<double>& prior) {
  return kl(mu, rho, Means<double>(prior, mu.size()), prior.sigma);
}

double add_kl_centred_gaussian_gradient(std::span<const float> mu, std::span<const float> rho,
                                        const CentredGaussian<float>& prior, double scale,
                                        std::span<float> diff_mu, std::span<float> diff_rho,
                                        const ElementsDone& added) {
  return add_kl_gradient(mu, rho, Means<float>(prior, mu.size()), prior.sigma, scale, diff_mu,
                         diff_rho, added);
}

double add_kl_centred_gaussian_gradient(std::span<const double> mu, std::span<const double> rho,
                                        const CentredGaussian<double>& prior, double scale,
                                        std::span<double> diff_mu, std::span<double> diff_rho,
                                        const ElementsDone& added) {
  return add_kl_gradient(mu, rho, Means<double>(prior, mu.size()), prior.sigma, scale, diff_mu,
                         diff_rho, added);
}

}  // namespace credence
