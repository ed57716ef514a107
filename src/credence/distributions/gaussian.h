#pragma once

#include <span>

#include "credence/distributions/softplus.h"
#include "credence/kernels/parallel.h"

namespace credence {

/// N(mean, sigma^2), the same for every element.
struct GaussianOptions {
  double mean = 0.0;
  double sigma = 1.0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("mean", mean);
    v("sigma", sigma);
  }
};

inline constexpr double half_log_2_pi = 0.91893853320467274178;

/// ConfigError unless mean is finite and sigma positive and finite.
void check(const GaussianOptions& gaussian);

/// log N(x; mean, sigma^2).
template <class T>
T gaussian_log_density(T x, T mean, T sigma) {
  const T z = (x - mean) / sigma;
  return T(-0.5) * z * z - portable::log(sigma) - static_cast<T>(half_log_2_pi);
}
inline double gaussian_log_density(double x, double mean, double sigma) {
  return gaussian_log_density<double>(x, mean, sigma);
}

/// The sum over x of log N(x; mean, sigma^2), in nats.
double gaussian_log_density(std::span<const float> x, const GaussianOptions& gaussian);
double gaussian_log_density(std::span<const double> x, const GaussianOptions& gaussian);

/// KL(q || p) in nats, summed over all weights, of q = N(mu, softplus(rho)^2) from p = prior:
///
///   log(s / sigma) + (sigma^2 + (mu - m)^2) / (2 s^2) - 1/2,   sigma = softplus(rho)
///
/// Terms are computed in the arrays' type and summed in double, in an order that does not depend
/// on the threads.
///
/// Shapes  mu, rho of one size.
/// Errors  ShapeError if the sizes differ; ConfigError if the prior is no distribution.
/// Source  Kingma and Welling 2014, arXiv:1312.6114, appendix B.
double kl_gaussian(std::span<const float> mu, std::span<const float> rho,
                   const GaussianOptions& prior);
double kl_gaussian(std::span<const double> mu, std::span<const double> rho,
                   const GaussianOptions& prior);

/// Adds scale * d KL / d mu to diff_mu, and scale * d KL / d rho to diff_rho, in one pass with the
/// KL itself, which it returns. Calls `added`, if there is one, for the elements that have theirs:
/// it may change them and mu and rho. Sizes and errors as for kl_gaussian.
double add_kl_gaussian_gradient(std::span<const float> mu, std::span<const float> rho,
                                const GaussianOptions& prior, double scale,
                                std::span<float> diff_mu, std::span<float> diff_rho,
                                const ElementsDone& added = {});
double add_kl_gaussian_gradient(std::span<const double> mu, std::span<const double> rho,
                                const GaussianOptions& prior, double scale,
                                std::span<double> diff_mu, std::span<double> diff_rho,
                                const ElementsDone& added = {});

/// N(means[i], sigma^2) for element i.
template <class T>
struct CentredGaussian {
  std::span<const T> means;
  double sigma = 1.0;
};

/// kl_gaussian and its gradient, from a prior with a mean for each element. ShapeError too if there
/// are not as many.
double kl_centred_gaussian(std::span<const float> mu, std::span<const float> rho,
                           const CentredGaussian<float>& prior);
double kl_centred_gaussian(std::span<const double> mu, std::span<const double> rho,
                           const CentredGaussian<double>& prior);
double add_kl_centred_gaussian_gradient(std::span<const float> mu, std::span<const float> rho,
                                        const CentredGaussian<float>& prior, double scale,
                                        std::span<float> diff_mu, std::span<float> diff_rho,
                                        const ElementsDone& added = {});
double add_kl_centred_gaussian_gradient(std::span<const double> mu, std::span<const double> rho,
                                        const CentredGaussian<double>& prior, double scale,
                                        std::span<double> diff_mu, std::span<double> diff_rho,
                                        const ElementsDone& added = {});

}  // namespace credence
