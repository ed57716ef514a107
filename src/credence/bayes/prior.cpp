#include "credence/bayes/prior.h"

#include "credence/base/errors.h"

namespace credence {

GaussianPrior::GaussianPrior(const GaussianOptions& options) : options_(options) {
  check(options);
}

double GaussianPrior::kl(const MeanFieldGaussian& posterior) const {
  return with_real_type(posterior.mu.value.dtype(), [&](auto zero) {
    using T = decltype(zero);
    return kl_gaussian(posterior.mu.value.span<T>(), posterior.rho.value.span<T>(), options_);
  });
}

double GaussianPrior::add_kl_gradient(MeanFieldGaussian& posterior, double scale,
                                      const ElementsDone& added) const {
  return with_real_type(posterior.mu.value.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor &mu = posterior.mu.value, &rho = posterior.rho.value;
    return add_kl_gaussian_gradient(mu.span<T>(), rho.span<T>(), options_, scale,
                                    posterior.mu.gradient.span<T>(),
                                    posterior.rho.gradient.span<T>(), added);
  });
}

}  // namespace credence
