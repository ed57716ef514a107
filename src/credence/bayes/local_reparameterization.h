#pragma once

#include "credence/bayes/estimator.h"

namespace credence {

/// Draws what the weights give, not the weights: a normal for each example and output element.
///
///   dst = map(src, mu) + bias + sqrt(map(src^2, sigma^2)) * eps,   sigma = softplus(rho)
///
/// For a dense layer each output has the distribution that a set of weights drawn for each example
/// would give it. For a convolution each pixel has, but pixels of one example, which would share
/// their weights, are independent here.
///
/// Where the variance vanishes, as for a src of zeros, so do the departure and its gradient.
///
/// Noise   eps: Stream::posterior by global example index.
/// Source  Kingma, Salimans and Welling 2015, arXiv:1506.02557.
class LocalReparameterization : public Estimator {
 public:
  std::string name() const override { return "local_reparameterization"; }
  void setup(const LayerSetup& setup, const LinearMap& map) override;
  void forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
               const StepContext& context) override;
  void backward(const VariationalMap& layer, const LayerPass& pass,
                const StepContext& context) override;
  bool allows_epilogue() const override { return false; }
  bool draws_weights() const override { return false; }

 private:
  Tensor weight_variance_;       // sigma^2 [O, I, ...]
  Tensor diff_weight_variance_;  // [O, I, ...]
  Tensor squared_src_;           // src^2, then its gradient
  Tensor variance_;              // of dst, then its gradient
  Tensor slope_;                 // d departure / d variance, eps / (2 sqrt(variance))
};

}  // namespace credence
