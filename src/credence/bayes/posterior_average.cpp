#include "credence/bayes/posterior_average.h"

#include <algorithm>
#include <cmath>

#include "credence/distributions/softplus.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// A sum of such precisions is finite in float; no weight is believed so firmly.
constexpr double most_precise = 1e30;

template <class Body>
void for_each_weight(MeanFieldGaussian& posterior, const Body& body) {
  with_real_type(posterior.mu.value.dtype(), [&]<class T>(T) {
    T *const mu = posterior.mu.value.data<T>(), *const rho = posterior.rho.value.data<T>();
    T *const to_mu = posterior.mu.gradient.data<T>(), *const to_rho =
                                                          posterior.rho.gradient.data<T>();
    parallel_for(posterior.mu.value.size(), elementwise_pieces,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i)
                     body(mu[i], rho[i], to_mu[i], to_rho[i]);
                 });
  });
}

}  // namespace

void to_natural_parameters(MeanFieldGaussian& posterior) {
  for_each_weight(posterior, []<class T>(T mu, T rho, T& weighted_mean, T& precision) {
    const double sigma = softplus(static_cast<double>(rho));
    const double own = std::min(1 / (sigma * sigma), most_precise);
    weighted_mean = static_cast<T>(own * static_cast<double>(mu));
    precision = static_cast<T>(own);
  });
}

void from_sum_of_natural_parameters(MeanFieldGaussian& posterior, int posteriors) {
  for_each_weight(posterior, [posteriors]<class T>(T& mu, T& rho, T weighted_mean, T precision) {
    const auto sum = static_cast<double>(precision);
    mu = static_cast<T>(static_cast<double>(weighted_mean) / sum);
    rho = static_cast<T>(softplus_inverse(std::sqrt(posteriors / sum)));
  });
}

}  // namespace credence
