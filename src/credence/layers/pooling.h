#pragma once

#include "credence/kernels/pooling.h"
#include "credence/layers/layer.h"
#include "credence/layers/padding.h"

namespace credence {

struct PoolOptions {
  std::array<std::int64_t, 2> window{2, 2};
  std::array<std::int64_t, 2> stride{0, 0};  ///< 0: the window's own extent
  PaddingMode padding = PaddingMode::valid;
  std::array<std::int64_t, 2> explicit_padding{0, 0};

  template <class Visitor>
  void visit(Visitor& v) {
    v("window", window);
    v("stride", stride);
    v("padding", padding);
    v("explicit_padding", explicit_padding);
  }
};

inline constexpr std::int64_t most_window_pixels = 255;

/// The largest element of each window, by channel.
class MaxPool2d : public Layer {
 public:
  using Options = PoolOptions;
  /// ConfigError unless the window has 1 to 255 pixels and stride and padding are not negative.
  explicit MaxPool2d(const PoolOptions& options);

  const PoolGeometry& geometry() const { return geometry_; }
  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override;
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override;
  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override;
  LayerSummary summary() const override;

 private:
  PoolOptions options_;
  PoolGeometry geometry_;
  Tensor argmax_;
};

/// The mean of each window, by channel, over the pixels that are not padding.
class AvgPool2d : public Layer {
 public:
  using Options = PoolOptions;
  /// ConfigError as from MaxPool2d.
  explicit AvgPool2d(const PoolOptions& options);

  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override;
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override;
  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override;
  LayerSummary summary() const override;

 private:
  PoolOptions options_;
  PoolGeometry geometry_;
};

}  // namespace credence
