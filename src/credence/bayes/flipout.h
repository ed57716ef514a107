#pragma once

#include "credence/bayes/estimator.h"

namespace credence {

/// Flipout: one draw of the weights, turned into nearly independent ones by random signs.
///
///   dst = map(src, mu) + bias + r * map(src * s, sigma * eps),   sigma = softplus(rho)
///
/// One eps serves the mini-batch; the signs r, s are drawn per example and channel and shared over
/// pixels, so that each example sees one set of weights.
///
/// Shapes  src [N, ..., I], dst [N, ..., O]; mu, rho, eps [O, I, ...]; s [N, I]; r [N, O].
/// Noise   eps: Stream::posterior; r, s: Stream::signs by global example index.
/// Source  Wen et al. 2018, arXiv:1803.04386.
class Flipout : public Estimator {
 public:
  std::string name() const override { return "flipout"; }
  void setup(const LayerSetup& setup, const LinearMap& map) override;
  void forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
               const StepContext& context) override;
  void backward(const VariationalMap& layer, const Tensor& src, const Tensor& diff_dst,
                const DiffSrc& diff_src, const StepContext& context) override;

 private:
  Perturbation perturbation_;
  Tensor diff_perturbation_;  // [O, I, ...]
  Tensor src_signs_;          // s [batch, I]
  Tensor dst_signs_;          // r [batch, O]
  Tensor signed_src_;         // src * s
  Tensor signed_dst_;         // map(src * s, sigma * eps), then diff_dst * r
};

}  // namespace credence
