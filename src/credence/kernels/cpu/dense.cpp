#include <algorithm>

#include "credence/kernels/channels.h"
#include "credence/kernels/cpu/products.h"
#include "credence/kernels/linear_map.h"
#include "credence/kernels/parallel.h"

namespace credence::cpu {
namespace {

/// Products that are worth a thread of their own.
constexpr std::int64_t products_per_piece = 65536;
/// What one strip of the widest tiles covers; pieces of channels are multiples of it.
constexpr std::int64_t strip = 32;

/// body(begin, end) over the threads, on pieces of at least `unit` of `count` things that cost
/// `products` each.
template <class Body>
void split(std::int64_t count, std::int64_t unit, std::int64_t products, Body body) {
  const std::int64_t enough =
      (products_per_piece + products - 1) / std::max<std::int64_t>(products, 1);
  parallel_for(count, {.least = std::max(enough, unit), .unit = unit}, body);
}

class Dense : public LinearMap {
 public:
  using LinearMap::backward;
  using LinearMap::forward;

  explicit Dense(const DenseGeometry& geometry)
      : inputs_(geometry.inputs), outputs_(geometry.outputs) {}

  Shape src_shape() const override { return {inputs_}; }
  Shape dst_shape() const override { return {outputs_}; }
  Shape weights_shape() const override { return {outputs_, inputs_}; }

  void forward(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) override {
    check_linear_map(*this, "dense", src, weights, dst);
    // Packing costs a pass over the weights, and gives vectors of channels: too few leave them
    // empty, too few rows do not repay it.
    const bool packs = outputs_ > 16 && src.shape()[0] >= 16;
    if (packs)
      forward_packed(src, weights, bias, dst);
    else
      forward_plain(src, weights, bias, dst);
  }

  void backward(const LinearBackward& pass, const Tensor& weights, Tensor& diff_weights) override {
    check_linear_map(*this, "dense", pass.src, diff_weights, pass.diff_dst);
    if (pass.diff_bias) sum_channels(pass.diff_dst, *pass.diff_bias, Write::overwrite);
    const std::int64_t batch = pass.src.shape()[0];
    const float* const src = pass.src.data<float>();
    const float* const diff_dst = pass.diff_dst.data<float>();
    float* const sums = diff_weights.data<float>();
    split(inputs_, strip, batch * outputs_, [&](std::int64_t begin, std::int64_t end) {
      sum_over_pixels({.left = diff_dst,
                       .left_step = outputs_,
                       .right = src + begin,
                       .right_step = inputs_,
                       .pixels = batch,
                       .sums = sums + begin,
                       .sums_step = inputs_,
                       .rows = outputs_,
                       .channels = end - begin});
    });
    if (pass.diff_src) backward_data(pass, weights);
  }

 private:
  void forward_packed(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) {
    if (packed_.empty()) packed_ = Tensor({inputs_, outputs_});
    pack_weights(weights, WeightOrder::by_dst, packed_);
    // Parts of the sum whose weights stay in the second cache while the rows pass by.
    constexpr std::int64_t length = 2048;
    split(src.shape()[0], 8, inputs_ * outputs_, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t first = 0; first < inputs_; first += length) {
        const Run whole{};
        sum_over_terms({.src = src.data<float>() + begin * inputs_ + first,
                        .src_step = inputs_,
                        .runs = {&whole, 1},
                        .run_length = std::min(length, inputs_ - first),
                        .weights = packed_.data<float>() + first * outputs_,
                        .weights_step = outputs_,
                        .bias = bias ? bias->data<float>() : nullptr,
                        .dst = dst.data<float>() + begin * outputs_,
                        .dst_step = outputs_,
                        .pixels = end - begin,
                        .channels = outputs_,
                        .add = first > 0});
      }
    });
  }

  void forward_plain(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) {
    const std::int64_t batch = src.shape()[0];
    InnerProducts products{.src = src.data<float>(),
                           .src_step = inputs_,
                           .weights = weights.data<float>(),
                           .weights_step = inputs_,
                           .length = inputs_,
                           .bias = bias ? bias->data<float>() : nullptr,
                           .dst = dst.data<float>(),
                           .dst_step = outputs_,
                           .rows = batch,
                           .channels = outputs_};
    if (batch >= outputs_) {
      split(batch, 4, inputs_ * outputs_, [&](std::int64_t begin, std::int64_t end) {
        InnerProducts part = products;
        part.src += begin * inputs_;
        part.dst += begin * outputs_;
        part.rows = end - begin;
        sum_along_rows(part);
      });
    } else {
      split(outputs_, 5, inputs_ * batch, [&](std::int64_t begin, std::int64_t end) {
        InnerProducts part = products;
        part.weights += begin * inputs_;
        if (part.bias) part.bias += begin;
        part.dst += begin;
        part.channels = end - begin;
        sum_along_rows(part);
      });
    }
  }

  void backward_data(const LinearBackward& pass, const Tensor& weights) const {
    const float* const diff_dst = pass.diff_dst.data<float>();
    float* const diff_src = pass.diff_src->data<float>();
    split(pass.src.shape()[0], 8, inputs_ * outputs_, [&](std::int64_t begin, std::int64_t end) {
      const Run whole{};
      sum_over_terms({.src = diff_dst + begin * outputs_,
                      .src_step = outputs_,
                      .runs = {&whole, 1},
                      .run_length = outputs_,
                      .weights = weights.data<float>(),
                      .weights_step = inputs_,
                      .dst = diff_src + begin * inputs_,
                      .dst_step = inputs_,
                      .pixels = end - begin,
                      .channels = inputs_,
                      .add = pass.write == Write::add});
    });
  }

  std::int64_t inputs_;
  std::int64_t outputs_;
  Tensor packed_;  // [inputs, outputs]
};

}  // namespace

std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry) {
  return std::make_unique<Dense>(geometry);
}

}  // namespace credence::cpu
