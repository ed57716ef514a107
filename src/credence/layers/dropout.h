#pragma once

#include "credence/layers/layer.h"
#include "credence/random/noise.h"

namespace credence {

struct DropoutOptions {
  double rate = 0.5;  ///< probability that an element is zeroed

  template <class Visitor>
  void visit(Visitor& v) {
    v("rate", rate);
  }
};

/// In training each element is zeroed with probability `rate` and the others divided by 1 - rate;
/// otherwise the identity. Masks differ by example: Stream::dropout, by global example index.
/// Source  Srivastava et al. 2014, JMLR 15.
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

 private:
  DropoutOptions options_;
  std::string name_;
  Tensor mask_;  // [batch, ...]: 0 or 1 / (1 - rate)
};

}  // namespace credence
