#pragma once

#include "credence/bayes/estimator.h"
#include "credence/kernels/lane_sums.h"

namespace credence {

/// One draw of the weights for the batch, decorrelated between examples by random signs:
///
///   dst = map(src, mu) + r * map(src * s, sigma * eps) + bias,   sigma = softplus(rho)
///
/// The signs r, s are drawn per example and channel and shared over pixels, so that each example
/// sees one set of weights, W_n = mu + (r_n s_n^T) * sigma * eps. Where the map can afford weights
/// for each example it runs once with these, which gives the same numbers to rounding; elsewhere
/// it runs twice, as written.
///
/// Shapes  src [N, ..., I], dst [N, ..., O]; mu, rho, eps [O, I, ...]; s [N, I]; r [N, O].
/// Noise   eps: Stream::posterior; r, s: Stream::signs by global example index.
/// Source  Wen et al. 2018, arXiv:1803.04386.
class Flipout : public Estimator, private ExampleWeights {
 public:
  std::string name() const override { return "flipout"; }
  void setup(const LayerSetup& setup, const LinearMap& map) override;
  void forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
               const StepContext& context) override;
  void backward(const VariationalMap& layer, const LayerPass& pass,
                const StepContext& context) override;
  bool allows_epilogue() const override { return by_example_; }

 private:
  void make(std::int64_t n, WeightOrder order, Tensor& weights) override;
  void take_gradient(std::int64_t n, std::int64_t lane, const Tensor& diff_weights) override;
  void backward_by_example(const VariationalMap& layer, const LayerPass& pass);
  void forward_twice(const VariationalMap& layer, const Tensor& src, Tensor& dst);
  void backward_twice(const VariationalMap& layer, const LayerPass& pass);

  bool by_example_ = false;
  std::string src_signs_name_, dst_signs_name_;
  Perturbation perturbation_;
  Tensor diff_perturbation_;  // [O, I, ...]
  Tensor src_signs_;          // s [batch, I]
  Tensor dst_signs_;          // r [batch, O]

  // By example: mu and sigma * eps in either order, and the sums of their gradients.
  struct Packed {
    Tensor mu, departure;
  };
  Packed by_dst_, by_src_;
  LaneSums mu_sums_, departure_sums_;  // [taps, I, O]

  // Twice.
  Tensor signed_src_;  // src * s, then its gradient
  Tensor signed_dst_;  // map(src * s, sigma * eps), then diff_dst * r
};

}  // namespace credence
