#include <algorithm>
#include <vector>

#include "credence/base/errors.h"
#include "credence/kernels/cpu/conv2d_plan.h"
#include "credence/kernels/cpu/conv2d_workspace.h"
#include "credence/kernels/cpu/pooled_gradient.h"
#include "credence/kernels/cpu/winograd.h"
#include "credence/kernels/lane_sums.h"
#include "credence/kernels/max_pool_lines.h"
#include "credence/kernels/parallel.h"

namespace credence::cpu {
namespace {

/// Convolutions image by image, the threads taking images. Padding, bias, ReLU and pooling happen
/// on the way: what goes to memory is the result alone.
class Conv2d : public LinearMap {
 public:
  Conv2d(const Conv2dGeometry& geometry, Precision precision)
      : g_(geometry), plan_(geometry, precision), is_bf16_(precision == Precision::bf16) {
    fuse({});
  }

  Shape src_shape() const override { return {g_.height, g_.width, g_.channels}; }
  Shape dst_shape() const override {
    return {result_lines_, result_line_ / g_.filters, g_.filters};
  }
  Shape weights_shape() const override {
    return {g_.filters, g_.channels, g_.kernel[0], g_.kernel[1]};
  }
  std::optional<Conv2dGeometry> geometry() const override { return g_; }

  bool fuse(const Epilogue& epilogue) final {
    epilogue_ = epilogue;
    const auto& pool = epilogue.max_pool;
    result_lines_ = pool ? pool->out_height() : g_.out_height();
    result_line_ = (pool ? pool->out_width() : g_.out_width()) * g_.filters;
    is_disjoint_ = !pool || windows_are_disjoint(*pool);
    using Axes = std::array<std::int64_t, 2>;
    const bool pools_2x2 =
        pool && is_disjoint_ && pool->window == Axes{2, 2} && pool->pad_end == Axes{0, 0};
    pools_in_registers_ =
        plan_.winograd_forward && pools_2x2 && g_.filters % winograd_lanes(g_.filters) == 0;
    chooses_of_windows_ = pools_2x2 && g_.dilation[1] == 1 && has_pooled_gradient(g_.filters);
    return true;
  }

  Tensor before_epilogue(const LinearBackward& pass) override {
    const std::int64_t batch = pass.src.shape()[0], line = plan_.diff_dst.line;
    Tensor before({batch, g_.out_height(), g_.out_width(), g_.filters}),
        lines({g_.out_height(), line});
    for (std::int64_t n = 0; n < batch; ++n) {
      lines.fill(0);
      spread_lines(pass, n, {0, result_lines_}, lines.data<float>());
      for (std::int64_t y = 0; y < g_.out_height(); ++y)
        std::copy_n(lines.data<float>() + y * line, convolved_line(),
                    before.data<float>() + (n * g_.out_height() + y) * convolved_line());
    }
    return before;
  }

  /// Making weights costs some 20 times the time of one pixel's products with them, and saves those
  /// of a second map.
  bool has_cheap_example_weights() const override { return g_.out_height() * g_.out_width() >= 16; }

  void forward(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) override {
    check_linear_map(*this, "conv2d", src, weights, dst);
    const float* const packed = pack(weights, WeightOrder::by_dst);
    for_each_part(src, dst, [&](Workspace& work, std::int64_t n, Range lines) {
      forward_image(work, src, packed, bias, dst, n, lines);
    });
  }

  void forward(const Tensor& src, ExampleWeights& weights, const Tensor* bias,
               Tensor& dst) override {
    for_each_part(src, dst, [&](Workspace& work, std::int64_t n, Range lines) {
      reserve(work.weights, weights_shape().size());
      weights.make(n, WeightOrder::by_dst, work.weights);
      forward_image(work, src, ready(work.weights, WeightOrder::by_dst, work.prepared), bias, dst,
                    n, lines);
    });
  }

  void backward(const LinearBackward& pass, const Tensor& weights, Tensor& diff_weights) override {
    check_linear_map(*this, "conv2d", pass.src, diff_weights, pass.diff_dst);
    const float* const packed = pass.diff_src ? pack(weights, WeightOrder::by_src) : nullptr;
    const std::int64_t lanes = gradient_lanes(pass.src.shape()[0]);
    weight_sums_.start(lanes, diff_weights.size(), DType::float32);
    for_each_lane(pass, [&](Workspace& work, std::int64_t lane, Range rows) {
      for (std::int64_t n = rows.begin; n < rows.end; ++n)
        backward_image(work, pass, packed, weight_sums_.lane<float>(lane), lane, n);
    });
    unpack_weights(weight_sums_.total(), diff_weights, Write::overwrite);
  }

  void backward(const LinearBackward& pass, ExampleWeights& weights) override {
    const std::int64_t size = weights_shape().size();
    for_each_lane(pass, [&](Workspace& work, std::int64_t lane, Range rows) {
      reserve(work.weights, size);
      float* const sums = reserve(work.diff_weights, size);
      for (std::int64_t n = rows.begin; n < rows.end; ++n) {
        const float* made = nullptr;
        if (pass.diff_src) {
          weights.make(n, WeightOrder::by_src, work.weights);
          made = ready(work.weights, WeightOrder::by_src, work.prepared);
        }
        std::fill(sums, sums + size, 0.0F);
        backward_image(work, pass, made, sums, lane, n);
        weights.take_gradient(n, lane, work.diff_weights);
      }
    });
  }

 private:
  /// Result lines that are made together: one, unless they share lines of the convolution, or those
  /// are made by fours.
  std::int64_t lines_at_once(std::int64_t all) const {
    return is_disjoint_ && !plan_.winograd_forward ? 1 : all;
  }

  /// The convolution's lines that these lines of the result are made of.
  Range convolved(Range result) const {
    if (!epilogue_.max_pool) return result;
    const PoolGeometry& pool = *epilogue_.max_pool;
    return {PoolWindow(pool, result.begin, 0).y_begin, PoolWindow(pool, result.end - 1, 0).y_end};
  }

  const float* pack(const Tensor& weights, WeightOrder order) {
    Packed& packed = order == WeightOrder::by_dst ? by_dst_ : by_src_;
    reserve(packed.weights, weights.size());
    pack_weights(weights, order, packed.weights);
    return ready(packed.weights, order, packed.prepared);
  }

  /// Packed weights as the products take them: as they are, interpolated, or in pairs.
  const float* ready(const Tensor& packed, WeightOrder order, Tensor& prepared) const {
    const bool is_by_dst = order == WeightOrder::by_dst;
    if (is_by_dst ? plan_.winograd_forward : plan_.winograd_backward) {
      float* const to = reserve(prepared, winograd_weights_size(g_, order));
      winograd_weights(g_, order, packed.data<float>(), to);
      return to;
    }
    if (!is_bf16_) return packed.data<float>();
    const std::int64_t length = is_by_dst ? plan_.run_length : g_.filters;
    const std::int64_t channels = is_by_dst ? g_.filters : g_.channels;
    const std::int64_t runs = packed.size() / (length * channels);
    float* const to = reserve(prepared, runs * pairs_of(length) * channels);
    for (std::int64_t run = 0; run < runs; ++run)
      to_bf16_pairs(packed.data<float>() + run * length * channels, length, channels,
                    to + run * pairs_of(length) * channels);
    return to;
  }

  const float* padded_src(Workspace& work, const Tensor& src, std::int64_t n) const {
    const std::int64_t line = g_.width * g_.channels;
    const float* const image = src.data<float>() + n * g_.height * line;
    if (!plan_.src_is_padded) return image;
    float* const padded = reserve(work.src, plan_.src.size());
    for (std::int64_t y = 0; y < g_.height; ++y)
      std::copy(image + y * line, image + (y + 1) * line,
                padded + plan_.src.begin + y * plan_.src.line);
    return padded;
  }

  const Bf16* padded_src_bf16(Workspace& work, const Tensor& src, std::int64_t n) const {
    const std::int64_t line = g_.width * g_.channels;
    const float* const image = src.data<float>() + n * g_.height * line;
    Bf16* const padded = reserve_bf16(work.src_bf16, plan_.src.size());
    for (std::int64_t y = 0; y < g_.height; ++y)
      to_bf16(image + y * line, line, padded + plan_.src.begin + y * plan_.src.line);
    return padded;
  }

  void forward_image(Workspace& work, const Tensor& src, const float* weights, const Tensor* bias,
                     Tensor& dst, std::int64_t n, Range result) {
    if (is_bf16_)
      forward_image(work, padded_src_bf16(work, src, n), weights, bias, dst, n, result);
    else if (pools_in_registers_)
      forward_pooled(work, padded_src(work, src, n), weights, bias, dst, n, result);
    else
      forward_image(work, padded_src(work, src, n), weights, bias, dst, n, result);
  }

  void forward_pooled(Workspace& work, const float* image, const float* weights, const Tensor* bias,
                      Tensor& dst, std::int64_t n, Range result) {
    constexpr std::int64_t group = winograd_lines / 2;
    const std::int64_t first = n * result_lines_ * result_line_;
    for (std::int64_t y = result.begin / group * group; y < result.end; y += group) {
      WinogradProducts products = winograd_products(work, image, 2 * y, weights, bias);
      products.dst = dst.data<float>() + first + y * result_line_;
      products.begin = std::max<std::int64_t>(0, result.begin - y);
      products.end = std::min(group, result.end - y);
      winograd_convolve_pooled(products, argmax_.data<std::uint8_t>() + first + y * result_line_);
    }
  }

  template <class Src>
  void forward_image(Workspace& work, const Src* image, const float* weights, const Tensor* bias,
                     Tensor& dst, std::int64_t n, Range result) {
    const std::int64_t first = n * result_lines_ * result_line_;
    const std::int64_t step = lines_at_once(result.end - result.begin);
    for (std::int64_t y = result.begin; y < result.end; y += step) {
      const Range group{y, std::min(result.end, y + step)}, from = convolved(group);
      float* const out = dst.data<float>() + first + y * result_line_;
      float* const convolved_lines =
          epilogue_.max_pool ? reserve(work.lines, (from.end - from.begin) * convolved_line())
                             : out;
      convolve_lines(work, image, from, weights, bias,
                     convolved_lines - from.begin * convolved_line());
      if (!epilogue_.max_pool) continue;
      const float* const line_zero = convolved_lines - from.begin * convolved_line();
      for (std::int64_t v = group.begin; v < group.end; ++v)
        max_pool_line(*epilogue_.max_pool, v, line_zero, epilogue_.relu,
                      dst.data<float>() + first + v * result_line_,
                      argmax_.data<std::uint8_t>() + first + v * result_line_);
    }
  }

  std::int64_t convolved_line() const { return g_.out_width() * g_.filters; }

  /// `line_zero`: where the convolution's line 0 is, or would be.
  template <class Src>
  void convolve_lines(Workspace& work, const Src* image, Range lines, const float* weights,
                      const Tensor* bias, float* line_zero) const {
    if constexpr (std::is_same_v<Src, float>)
      if (plan_.winograd_forward)
        return interpolate_lines(work, image, lines, weights, bias, line_zero);
    for (std::int64_t y = lines.begin; y < lines.end; ++y)
      convolve_line(image, y, weights, bias, line_zero + y * convolved_line());
  }

  /// By groups that are the same however the lines are shared out, and so are the results.
  void interpolate_lines(Workspace& work, const float* image, Range lines, const float* weights,
                         const Tensor* bias, float* line_zero) const {
    for (std::int64_t y = lines.begin / winograd_lines * winograd_lines; y < lines.end;
         y += winograd_lines) {
      WinogradProducts products = winograd_products(work, image, y, weights, bias);
      products.relu = epilogue_.relu && !epilogue_.max_pool;
      products.dst = line_zero + y * convolved_line();
      products.begin = std::max<std::int64_t>(0, lines.begin - y);
      products.end = std::min(winograd_lines, lines.end - y);
      winograd_convolve(products);
    }
  }

  /// Those of the convolution's lines from y on, but for where they go.
  WinogradProducts winograd_products(Workspace& work, const float* image, std::int64_t y,
                                     const float* weights, const Tensor* bias) const {
    return {.kernel = g_.kernel[0],
            .src = interpolated(work, image + y * plan_.src.line, plan_.src.line),
            .src_step = g_.stride[1] * g_.channels,
            .terms = plan_.run_length,
            .weights = weights,
            .bias = bias ? bias->data<float>() : nullptr,
            .relu = epilogue_.relu,
            .pixels = g_.out_width(),
            .channels = g_.filters};
  }

  /// The lines of a padded image from `first` on, for four lines of a result.
  const float* interpolated(Workspace& work, const float* first, std::int64_t line) const {
    float* const points = reserve(work.points, line * winograd_step);
    winograd_source(g_.kernel[0], first, line, line, points);
    return points;
  }

  template <class Src>
  void convolve_line(const Src* image, std::int64_t y, const float* weights, const Tensor* bias,
                     float* dst) const {
    sum_over_terms(PixelProducts<Src>{.src = image + y * g_.stride[0] * plan_.src.line,
                                      .src_step = g_.stride[1] * g_.channels,
                                      .runs = plan_.forward_runs,
                                      .run_length = plan_.run_length,
                                      .weights = weights,
                                      .weights_step = g_.filters,
                                      .bias = bias ? bias->data<float>() : nullptr,
                                      .dst = dst,
                                      .dst_step = g_.filters,
                                      .pixels = g_.out_width(),
                                      .channels = g_.filters});
    if (epilogue_.relu && !epilogue_.max_pool)
      for (std::int64_t i = 0; i < convolved_line(); ++i) dst[i] = dst[i] < 0 ? 0 : dst[i];
  }

  /// The gradients of an image: of its weights and bias added to the lane's, of its pixels written.
  void backward_image(Workspace& work, const LinearBackward& pass, const float* weights,
                      float* weight_sums, std::int64_t lane, std::int64_t n) {
    const float* const image = padded_src(work, pass.src, n);
    float* const diff = pass.diff_src || !chooses_of_windows_
                            ? reserve(work.diff_dst, plan_.diff_dst.size())
                            : nullptr;
    if (chooses_of_windows_) {
      add_pooled_gradient(work, pass, image, weight_sums, lane, n);
      if (pass.diff_src) spread_lines(pass, n, {0, result_lines_}, diff + plan_.diff_dst.begin);
    } else {
      add_weight_gradient(pass, image, diff, weight_sums, lane, n);
    }
    if (!pass.diff_src) return;
    if (is_bf16_) {
      Bf16* const diff_bf16 = reserve_bf16(work.diff_bf16, plan_.diff_dst.size());
      to_bf16(diff, plan_.diff_dst.size(), diff_bf16);
      backward_data(pass, weights, diff_bf16 + plan_.diff_dst.begin, n);
    } else if (plan_.winograd_backward) {
      backward_data_by_lines(work, pass, weights, diff, n);
    } else {
      backward_data(pass, weights, diff + plan_.diff_dst.begin, n);
    }
  }

  /// Adds the gradients of an image's weights and bias; writes that of the convolution's own lines
  /// to `diff`, of all of them if the gradient of the source will ask for it.
  void add_weight_gradient(const LinearBackward& pass, const float* image, float* diff,
                           float* weight_sums, std::int64_t lane, std::int64_t n) {
    const std::int64_t all = result_lines_;
    // Enough pixels for a pass over the sums to pay, few enough to stay in the nearest cache.
    constexpr std::int64_t pixels_at_once = 112;
    const std::int64_t pixels =
        convolved_line() / g_.filters * (epilogue_.max_pool ? epilogue_.max_pool->window[0] : 1);
    const std::int64_t step = is_disjoint_ ? (pixels_at_once + pixels - 1) / pixels : all;
    if (!is_disjoint_) std::fill(diff, diff + plan_.diff_dst.size(), 0.0F);
    float* const line_zero = diff + plan_.diff_dst.begin;
    for (std::int64_t y = 0; y < all; y += step) {
      const Range result{y, std::min(all, y + step)}, lines = convolved(result);
      // Where all lines are needed again, they stay; else each group takes the first one's place.
      float* const group =
          pass.diff_src ? line_zero : line_zero - lines.begin * plan_.diff_dst.line;
      spread_lines(pass, n, result, group);
      OuterProducts products{.right = group + lines.begin * plan_.diff_dst.line,
                             .right_step = g_.filters,
                             .right_line = plan_.diff_dst.line,
                             .lines = lines.end - lines.begin,
                             .pixels = g_.out_width(),
                             .sums_step = g_.filters,
                             .rows = 1,
                             .channels = g_.filters,
                             .add = true};
      if (pass.diff_bias) {  // the bias meets a source of ones
        static constexpr float one = 1;
        products.left = &one;
        products.sums = bias_sums_.lane<float>(lane);
        sum_over_pixels(products);
      }
      products.left_step = g_.stride[1] * g_.channels;
      products.left_line = g_.stride[0] * plan_.src.line;
      products.rows = plan_.run_length;
      for (const Run& run : plan_.runs) {
        products.left = image + lines.begin * products.left_line + run.src;
        products.sums = weight_sums + run.weights;
        sum_over_pixels(products);
      }
    }
  }

  /// The same for weights and bias from the pixels alone that are maxima.
  void add_pooled_gradient(Workspace& work, const LinearBackward& pass, const float* image,
                           float* weight_sums, std::int64_t lane, std::int64_t n) {
    const std::int64_t size = plan_.src.size(), first = n * result_lines_ * result_line_;
    const std::int64_t right = g_.stride[1] * g_.channels, below = g_.stride[0] * plan_.src.line;
    float* const windows = reserve(work.src_windows, 4 * size + window_slack);
    gather_windows(image, size, right, below, windows);
    sum_pooled_gradient({.windows = windows,
                         .window_step = 2 * right,
                         .window_line = 2 * below,
                         .runs = static_cast<std::int64_t>(plan_.runs.size()),
                         .run_step = g_.dilation[0] * plan_.src.line,
                         .run_length = plan_.run_length,
                         .diff = pass.diff_dst.data<float>() + first,
                         .argmax = argmax_.data<std::uint8_t>() + first,
                         .lines = result_lines_,
                         .pixels = result_line_ / g_.filters,
                         .channels = g_.filters,
                         .sums = weight_sums,
                         .bias_sums = pass.diff_bias ? bias_sums_.lane<float>(lane) : nullptr});
  }

  /// The gradient of the convolution's own lines, before the epilogue, from that of the result's.
  void spread_lines(const LinearBackward& pass, std::int64_t n, Range result, float* line_zero) {
    for (std::int64_t y = result.begin; y < result.end; ++y) {
      const std::int64_t at = (n * result_lines_ + y) * result_line_;
      const float* const diff = pass.diff_dst.data<float>() + at;
      float* const to = line_zero + y * plan_.diff_dst.line;
      if (epilogue_.max_pool) {
        const PoolGeometry& pool = *epilogue_.max_pool;
        max_pool_line_backward(pool, y, diff, argmax_.data<std::uint8_t>() + at, line_zero,
                               plan_.diff_dst.line, is_disjoint_ ? Write::overwrite : Write::add);
      } else if (epilogue_.relu) {
        const float* const dst = pass.dst.data<float>() + at;
        for (std::int64_t i = 0; i < result_line_; ++i) to[i] = dst[i] > 0 ? diff[i] : 0;
      } else {
        std::copy(diff, diff + result_line_, to);
      }
    }
  }

  template <class Src>
  void backward_data(const LinearBackward& pass, const float* weights, const Src* line_zero,
                     std::int64_t n) {
    const std::int64_t line = g_.width * g_.channels;
    float* const image = pass.diff_src->data<float>() + n * g_.height * line;
    for (std::int64_t y = 0; y < g_.height; ++y)
      for (const Phase& phase : plan_.phases[y % g_.stride[0]])
        sum_over_terms(
            PixelProducts<Src>{.src = line_zero + y / g_.stride[0] * plan_.diff_dst.line,
                               .src_step = g_.filters,
                               .runs = phase.runs,
                               .run_length = g_.filters,
                               .weights = weights,
                               .weights_step = g_.channels,
                               .dst = image + y * line + phase.x * g_.channels,
                               .dst_step = g_.stride[1] * g_.channels,
                               .pixels = (g_.width - phase.x + g_.stride[1] - 1) / g_.stride[1],
                               .channels = g_.channels,
                               .add = pass.write == Write::add});
  }

  void backward_data_by_lines(Workspace& work, const LinearBackward& pass, const float* weights,
                              const float* diff, std::int64_t n) {
    const std::int64_t line = g_.width * g_.channels;
    float* const image = pass.diff_src->data<float>() + n * g_.height * line;
    for (std::int64_t y = 0; y < g_.height; y += winograd_lines)
      winograd_convolve(
          {.kernel = g_.kernel[0],
           .src = interpolated(work, diff + y * plan_.diff_dst.line, plan_.diff_dst.line),
           .src_step = g_.filters,
           .terms = g_.kernel[1] * g_.filters,
           .weights = weights,
           .add = pass.write == Write::add,
           .pixels = g_.width,
           .channels = g_.channels,
           .dst = image + y * line,
           .end = std::min(winograd_lines, g_.height - y)});
  }

  /// body(workspace, n, lines of the result) over the threads: whole images, or parts of them where
  /// there are fewer images than threads.
  template <class Body>
  void for_each_part(const Tensor& src, const Tensor& dst, Body body) {
    const std::int64_t batch = src.shape()[0], lines = result_lines_;
    if (batch == 0) return;
    if (epilogue_.max_pool && argmax_.size() < dst.size())
      argmax_ = Tensor(dst.shape(), DType::uint8);
    const std::int64_t parts =
        std::min(lines, (static_cast<std::int64_t>(thread_count()) + batch - 1) / batch);
    reserve_workspaces();
    parallel_for_each(batch * parts, [&](std::int64_t i) {
      const std::int64_t part = i % parts;
      body(workspace(), i / parts, Range{part * lines / parts, (part + 1) * lines / parts});
    });
  }

  /// body(workspace, lane, its rows of the batch) over the threads.
  template <class Body>
  void for_each_lane(const LinearBackward& pass, Body body) {
    const std::int64_t batch = pass.src.shape()[0], lanes = gradient_lanes(batch);
    bias_sums_.start(lanes, g_.filters, DType::float32);
    reserve_workspaces();
    parallel_for_each(lanes, [&](std::int64_t lane) {
      body(workspace(), lane,
           Range{lane_begin(lane, lanes, batch), lane_begin(lane + 1, lanes, batch)});
    });
    if (pass.diff_bias) pass.diff_bias->copy_from(bias_sums_.total());
  }

  /// The calling thread's.
  Workspace& workspace() { return workspaces_[static_cast<std::size_t>(thread_number())]; }

  void reserve_workspaces() {
    const auto threads = static_cast<std::size_t>(thread_count());
    if (workspaces_.size() < threads) workspaces_.resize(threads);
  }

  Conv2dGeometry g_;
  Conv2dPlan plan_;
  Epilogue epilogue_;
  std::int64_t result_lines_ = 0, result_line_ = 0;  // of an image: lines, and elements of each
  bool is_disjoint_ = true;  // each of the convolution's pixels is in one pixel of the result
  bool is_bf16_;
  bool pools_in_registers_ = false;
  bool chooses_of_windows_ = false;  // for the gradient of the weights
  struct Packed {
    Tensor weights, prepared;
  };
  Packed by_dst_, by_src_;
  Tensor argmax_;                      // of the last forward pass, the shape of dst
  LaneSums weight_sums_;               // [taps, I, O]
  LaneSums bias_sums_;                 // [O]
  std::vector<Workspace> workspaces_;  // by thread
};

}  // namespace

std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry, Precision precision) {
  check_precision(precision);
  return std::make_unique<Conv2d>(geometry, precision);
}

}  // namespace credence::cpu
