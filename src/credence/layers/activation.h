#pragma once

#include "credence/kernels/elementwise.h"
#include "credence/layers/layer.h"

namespace credence {

/// dst = f(src), element by element, for a Rule that knows f and its derivative:
///   static constexpr const char* type;
///   template <class T> static T forward(T x);
/// and one of
///   template <class T> static T derivative(T y);     // dy/dx at the x with f(x) = y
///   template <class T> static T derivative_at(T x);  // dy/dx, where y does not tell x
/// With the first src need not be kept, and the layer works in place.
template <class Rule>
class Activation : public Layer {
 public:
  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override {
    return only_source(setup, src_shapes);
  }

  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& /*context*/) override {
    transform(src[0], dst, [](auto x) { return Rule::forward(x); });
  }

  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& /*context*/) override {
    if (!diff_src[0].tensor) return;
    transform(diff_dst, keeps_src ? src[0] : dst, *diff_src[0].tensor, diff_src[0].write,
              [](auto dy, auto kept) {
                if constexpr (keeps_src)
                  return dy * Rule::derivative_at(kept);
                else
                  return dy * Rule::derivative(kept);
              });
  }

  LayerSummary summary() const override { return {.type = Rule::type}; }
  InPlace in_place() const override { return keeps_src ? InPlace::no : InPlace::overwrites; }

 private:
  static constexpr bool keeps_src = requires(float x) { Rule::derivative_at(x); };
};

}  // namespace credence
