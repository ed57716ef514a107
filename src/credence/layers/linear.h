#pragma once

#include <functional>

#include "credence/kernels/linear_map.h"
#include "credence/layers/initializer.h"
#include "credence/layers/layer.h"

namespace credence {

/// A dense or convolution layer before it is said whether its weights are numbers or distributions.
struct LinearSpec {
  LayerSummary summary;
  bool bias = true;
  Initializer initializer = Initializer::glorot_uniform;
  /// The map for a source of this shape. ShapeError, naming the layer, if there is none.
  std::function<std::unique_ptr<LinearMap>(const LayerSetup&, const Shape& src)> make_map;
};

/// Operations of a map over one example, before it has an epilogue: a product and a sum for each
/// weight and pixel.
double flops_of(const LinearMap& map);

/// Adds the work of `next`, if it is ReLU or a maximum over windows, to the map's epilogue. False,
/// and nothing changes, if it is something else or the map cannot.
bool fuse(LinearMap& map, Epilogue& epilogue, const Layer& next);

/// Told what a backward pass of a linear layer reads: the source of its map, and the gradient with
/// respect to what the map makes of it, before the activation and pooling that the layer may do
/// too.
using LinearTap = std::function<void(const Tensor& src, const Tensor& diff)>;

/// A linear map with deterministic weights: parameters `weight` and `bias`.
class Linear : public Layer {
 public:
  explicit Linear(LinearSpec spec) : spec_(std::move(spec)) {}

  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override;
  void initialize(std::uint64_t seed) override;
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override;
  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override;
  std::vector<Parameter*> parameters() override;
  bool absorb(const Layer& next) override { return fuse(*map_, epilogue_, next); }
  LayerSummary summary() const override { return spec_.summary; }
  double flops() const override { return flops_; }

  const LinearMap& map() const { return *map_; }
  /// Watches the backward passes from now on; null: nobody does.
  void set_tap(LinearTap tap) { tap_ = std::move(tap); }

 private:
  LinearSpec spec_;
  std::unique_ptr<LinearMap> map_;
  Epilogue epilogue_;
  double flops_ = 0;
  Parameter weight_;
  Parameter bias_;
  LinearTap tap_;
};

}  // namespace credence
