#include "credence/bayes/posterior.h"

#include <cmath>

#include "credence/distributions/gaussian.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/noise.h"

namespace credence {

MeanFieldGaussian::MeanFieldGaussian(const std::string& weight_name, const Shape& shape,
                                     DType dtype)
    : name(weight_name),
      mu(weight_name + "_mu", shape, dtype),
      rho(weight_name + "_rho", shape, dtype) {}

void MeanFieldGaussian::initialize(Initializer initializer, double sigma, std::uint64_t seed) {
  credence::initialize(initializer, mu.value, noise_key(seed, Stream::init, mu.name));
  rho.value.fill(softplus_inverse(sigma));
}

void MeanFieldGaussian::initialize_at_zero(double sigma) {
  mu.value.fill(0);
  rho.value.fill(softplus_inverse(sigma));
}

void Perturbation::setup(const Shape& shape, DType dtype) {
  eps_ = Tensor(shape, dtype);
  value_ = Tensor(shape, dtype);
}

void Perturbation::draw(const MeanFieldGaussian& posterior, const StepContext& context) {
  if (context.reuse_weights) return;
  const bool training = context.weights == WeightSampling::training;
  const NoiseKey key =
      noise_key(context.seed, training ? Stream::posterior : Stream::predict, posterior.name);
  fill_normal(eps_, key, {.step = training ? context.step : 0, .sample = context.sample});
  transform(eps_, posterior.rho.value, value_, Write::overwrite,
            [](auto eps, auto rho) { return eps * softplus(rho); });
}

void Perturbation::backward(const Tensor& diff_value, MeanFieldGaussian& posterior) const {
  Tensor& diff_rho = posterior.rho.gradient;
  transform(diff_value, eps_, diff_rho, Write::overwrite, [](auto d, auto eps) { return d * eps; });
  transform(diff_rho, posterior.rho.value, diff_rho, Write::overwrite,
            [](auto d, auto rho) { return d * softplus_derivative(rho); });
}

}  // namespace credence
