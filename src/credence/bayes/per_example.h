#pragma once

#include <vector>

#include "credence/bayes/estimator.h"
#include "credence/kernels/lane_sums.h"

namespace credence {

/// A draw of the weights for each example:
///
///   dst_n = map(src_n, mu + sigma * eps_n) + bias,   sigma = softplus(rho)
///
/// Given mu and rho, the gradients of different examples are independent, so that their mean has
/// the least variance that one draw an example can give; those of Flipout share the size of eps.
/// The price is noise for each example, drawn again, not kept, in the backward pass.
///
/// Shapes  src [N, ..., I], dst [N, ..., O]; mu, rho [O, I, ...]; eps [N, taps, I, O].
/// Noise   eps: Stream::posterior by global example index.
/// Source  Kingma, Salimans and Welling 2015, arXiv:1506.02557, section 2.1 and appendix D.
class PerExample : public Estimator, private ExampleWeights {
 public:
  std::string name() const override { return "per_example"; }
  void setup(const LayerSetup& setup, const LinearMap& map) override;
  void forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
               const StepContext& context) override;
  void backward(const VariationalMap& layer, const LayerPass& pass,
                const StepContext& context) override;
  bool allows_epilogue() const override { return true; }

 private:
  /// A thread's draw, and whose it is.
  struct Draw {
    Tensor eps;
    std::int64_t row = -1;
  };

  void begin_pass(const MeanFieldGaussian& posterior, const StepContext& context);
  const Tensor& eps(std::int64_t n);
  void make(std::int64_t n, WeightOrder order, Tensor& weights) override;
  void take_gradient(std::int64_t n, std::int64_t lane, const Tensor& diff_weights) override;

  Tensor sigma_;                     // [O, I, ...]
  Tensor diff_sigma_;                // [O, I, ...]
  Tensor mu_by_dst_, sigma_by_dst_;  // [taps, I, O]
  LaneSums mu_sums_, sigma_sums_;    // [taps, I, O]
  NoiseKey key_;
  NoisePosition position_;
  std::vector<Draw> draws_;  // by thread
};

}  // namespace credence
