#pragma once

#include "credence/layers/layer.h"
#include "credence/random/noise.h"

namespace credence {

struct DropoutOptions {
  double rate = 0.5;         ///< probability that an element is zeroed
  bool monte_carlo = false;  ///< predictions draw masks too

  template <class Visitor>
  void visit(Visitor& v) {
    v("rate", rate);
    v("monte_carlo", monte_carlo);
  }
};

/// In training each element is zeroed with probability `rate` and the others divided by 1 - rate;
/// otherwise the identity. With `monte_carlo` each draw of a prediction has masks of its own, and
/// the draws stand for those of a posterior. Masks differ by example.
///
/// Noise   Stream::dropout by step and global example index; predictions Stream::predict by draw.
/// Source  Srivastava et al. 2014, JMLR 15; Gal and Ghahramani 2016, arXiv:1506.02142.
class Dropout : public Layer {
 public:
  using Options = DropoutOptions;
  /// ConfigError unless 0 <= rate < 1.
  explicit Dropout(const DropoutOptions& options);

  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override;
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override;
  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override;
  LayerSummary summary() const override;
  bool draws_in_predictions() const override { return options_.monte_carlo; }

 private:
  /// Whether a pass has masks.
  bool drops(const StepContext& context) const;

  DropoutOptions options_;
  std::string name_;
  Tensor mask_;  // [batch, ...]: 0 or 1 / (1 - rate)
};

}  // namespace credence
