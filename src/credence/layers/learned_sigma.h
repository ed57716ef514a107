#pragma once

#include "credence/layers/layer.h"

namespace credence {

struct LearnedSigmaOptions {
  std::int64_t targets = 0;
  double initial_rho = 0;
};

/// The means of a regression's targets, and behind them a parameter `rho` that is learned, the same
/// for all examples: how much targets scatter, where a network does not predict it. The end of a
/// graph, for a loss that takes both (GaussianLikelihood).
///
/// Shapes  src [n, ...] of `targets` elements a row, dst [n, 2 targets]: all means, then all rhos.
/// Errors  ShapeError unless a source has as many elements as there are targets.
class LearnedSigma : public Layer {
 public:
  using Options = LearnedSigmaOptions;
  explicit LearnedSigma(const Options& options) : options_(options) {}

  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override;
  void initialize(std::uint64_t seed) override;
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override;
  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override;
  std::vector<Parameter*> parameters() override { return {&rho_}; }
  LayerSummary summary() const override { return {.type = "LearnedSigma"}; }

 private:
  Options options_;
  Parameter rho_;
};

}  // namespace credence
