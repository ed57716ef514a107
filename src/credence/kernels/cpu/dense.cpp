#include <algorithm>

#include "credence/base/errors.h"
#include "credence/kernels/channels.h"
#include "credence/kernels/cpu/bf16.h"
#include "credence/kernels/linear_map.h"
#include "credence/kernels/parallel.h"
#include "credence/kernels/vector.h"

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

  Dense(const DenseGeometry& geometry, Precision precision)
      : inputs_(geometry.inputs),
        outputs_(geometry.outputs),
        is_bf16_(precision == Precision::bf16) {}

  Shape src_shape() const override { return {inputs_}; }
  Shape dst_shape() const override { return {outputs_}; }
  Shape weights_shape() const override { return {outputs_, inputs_}; }
  std::optional<Conv2dGeometry> geometry() const override {
    return as_convolution({.inputs = inputs_, .outputs = outputs_});
  }

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
    const float* const from = bias ? bias->data<float>() : nullptr;
    if (is_bf16_)
      multiply(in_bf16(src), inputs_, in_pairs(packed_.data<float>(), inputs_, outputs_), outputs_,
               from, dst, Write::overwrite);
    else
      multiply(src.data<float>(), inputs_, packed_.data<float>(), outputs_, from, dst,
               Write::overwrite);
  }

  /// dst [rows, channels] = (or +=) src [rows, terms] * weights [terms, channels] + bias.
  template <class Src>
  static void multiply(const Src* src, std::int64_t terms, const float* weights,
                       std::int64_t channels, const float* bias, Tensor& dst, Write write) {
    // Parts of the sum whose weights stay in the second cache while the rows pass by.
    constexpr std::int64_t length = 2048;
    split(dst.shape()[0], 8, terms * channels, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t first = 0; first < terms; first += length) {
        const Run whole{};
        sum_over_terms(
            PixelProducts<Src>{.src = src + begin * terms + first,
                               .src_step = terms,
                               .runs = {&whole, 1},
                               .run_length = std::min(length, terms - first),
                               .weights = weights + first / terms_at_once<Src> * channels,
                               .weights_step = channels,
                               .bias = bias,
                               .dst = dst.data<float>() + begin * channels,
                               .dst_step = channels,
                               .pixels = end - begin,
                               .channels = channels,
                               .add = first > 0 || write == Write::add});
      }
    });
  }

  const Bf16* in_bf16(const Tensor& src) {
    if (bf16_.size() < src.size() + 1) bf16_ = Tensor({src.size() + 1}, DType::bf16);
    auto* const to = reinterpret_cast<Bf16*>(bf16_.raw());
    const float* const from = src.data<float>();
    parallel_for(src.size(), elementwise_pieces, [=](std::int64_t begin, std::int64_t end) {
      to_bf16(from + begin, end - begin, to + begin);
    });
    return to;
  }

  const float* in_pairs(const float* rows, std::int64_t terms, std::int64_t channels) {
    const std::int64_t size = pairs_of(terms) * channels;
    if (pairs_.size() < size) pairs_ = Tensor({size});
    float* const to = pairs_.data<float>();
    parallel_for(
        terms, {.least = std::max<std::int64_t>(2, elementwise_grain / channels), .unit = 2},
        [=](std::int64_t begin, std::int64_t end) {
          to_bf16_pairs(rows + begin * channels, end - begin, channels, to + begin / 2 * channels);
        });
    return to;
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

  void backward_data(const LinearBackward& pass, const Tensor& weights) {
    if (is_bf16_)
      multiply(in_bf16(pass.diff_dst), outputs_, in_pairs(weights.data<float>(), outputs_, inputs_),
               inputs_, nullptr, *pass.diff_src, pass.write);
    else
      multiply(pass.diff_dst.data<float>(), outputs_, weights.data<float>(), inputs_, nullptr,
               *pass.diff_src, pass.write);
  }

  std::int64_t inputs_;
  std::int64_t outputs_;
  bool is_bf16_;
  Tensor packed_;  // [inputs, outputs]
  Tensor bf16_, pairs_;
};

}  // namespace

void check_precision(Precision precision) {
  require<ConfigError>(precision == Precision::float32 || multiplies_bf16,
                       "precision: bf16 needs a CPU with AVX512-BF16, and a build for it; this one "
                       "has float32");
}

std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry, Precision precision) {
  check_precision(precision);
  return std::make_unique<Dense>(geometry, precision);
}

}  // namespace credence::cpu
