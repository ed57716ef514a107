#pragma once

#include "credence/layers/layer.h"

namespace credence {

/// [a, b, c] to [a b c], in memory order: height, width, channels. A view, not a copy.
class Flatten : public Layer {
 public:
  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override;
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override;
  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override;
  LayerSummary summary() const override { return {.type = "Flatten"}; }
  InPlace in_place() const override { return InPlace::view; }
};

}  // namespace credence
