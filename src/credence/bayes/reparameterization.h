#pragma once

#include "credence/bayes/estimator.h"

namespace credence {

/// One draw of the weights for the whole batch:
///
///   dst = map(src, mu + sigma * eps) + bias,   sigma = softplus(rho)
///
/// Noise   eps: Stream::posterior, the same for every example and rank.
/// Source  Kingma and Welling 2014, arXiv:1312.6114; Blundell et al. 2015, arXiv:1505.05424.
class Reparameterization : public Estimator {
 public:
  std::string name() const override { return "reparameterization"; }
  void setup(const LayerSetup& setup, const LinearMap& map) override;
  void forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
               const StepContext& context) override;
  void backward(const VariationalMap& layer, const LayerPass& pass,
                const StepContext& context) override;
  bool allows_epilogue() const override { return true; }

 private:
  Perturbation perturbation_;
  Tensor weights_;
};

}  // namespace credence
