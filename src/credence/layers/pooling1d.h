#pragma once

#include "credence/layers/pooling.h"

namespace credence {

struct Pool1dOptions {
  std::int64_t window = 2;
  std::int64_t stride = 0;  ///< 0: the window's own extent
  PaddingMode padding = PaddingMode::valid;
  std::int64_t explicit_padding = 0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("window", window);
    v("stride", stride);
    v("padding", padding);
    v("explicit_padding", explicit_padding);
  }
};

/// A pooling of windows along one axis: [length, channels] to [out length, channels]. It runs as
/// one of images of height 1.
template <class Pool2d>
class Pool1d : public Layer {
 public:
  using Options = Pool1dOptions;
  /// ConfigError unless the window has 1 to 255 elements and stride and padding are not negative.
  explicit Pool1d(const Pool1dOptions& options);

  const Pool2d& pool() const { return pool_; }
  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override;
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override {
    pool_.forward(src, dst, context);
  }
  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override {
    pool_.backward(src, dst, diff_dst, diff_src, context);
  }
  LayerSummary summary() const override;

 private:
  Pool1dOptions options_;
  Pool2d pool_;
};

using MaxPool1d = Pool1d<MaxPool2d>;
using AvgPool1d = Pool1d<AvgPool2d>;

}  // namespace credence
