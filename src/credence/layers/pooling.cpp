#include "credence/layers/pooling.h"

#include "credence/base/errors.h"

namespace credence {
namespace {

std::array<std::int64_t, 2> stride_of(const PoolOptions& options) {
  return {options.stride[0] ? options.stride[0] : options.window[0],
          options.stride[1] ? options.stride[1] : options.window[1]};
}

WindowOptions window_of(const PoolOptions& options) {
  return {.kernel = options.window,
          .stride = stride_of(options),
          .padding = options.padding,
          .explicit_padding = options.explicit_padding};
}

const PoolOptions& checked(const char* type, const PoolOptions& options) {
  check(type, window_of(options), "window");
  require<ConfigError>(options.window[0] <= most_window_pixels / options.window[1], type,
                       ": window must have at most ", most_window_pixels, " pixels, got ",
                       by_text(options.window));
  return options;
}

PoolGeometry geometry_of(const PoolOptions& options, const LayerSetup& setup, const Shape& src) {
  require<ShapeError>(src.rank() == 3, "layer \"", setup.name,
                      "\": pooling needs a source [height, width, channels], got ", src);
  const Padding padding = resolve_padding(setup.name, window_of(options), src[0], src[1]);
  for (int axis = 0; axis < 2; ++axis)
    require<ConfigError>(
        padding.begin[axis] < options.window[axis] && padding.end[axis] < options.window[axis],
        "layer \"", setup.name, "\": padding must be smaller than the window ",
        by_text(options.window));
  return {.height = src[0],
          .width = src[1],
          .channels = src[2],
          .window = options.window,
          .stride = stride_of(options),
          .pad_begin = padding.begin,
          .pad_end = padding.end};
}

LayerSummary summary_of(const char* type, const PoolOptions& options) {
  return {.type = type,
          .details = by_text(options.window),
          .padding = padding_text(options.padding, options.explicit_padding),
          .stride = by_text(stride_of(options))};
}

Shape dst_shape(const PoolGeometry& geometry) {
  return {geometry.out_height(), geometry.out_width(), geometry.channels};
}

}  // namespace

MaxPool2d::MaxPool2d(const PoolOptions& options) : options_(checked("MaxPool2D", options)) {}

Shape MaxPool2d::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  geometry_ = geometry_of(options_, setup, only_source(setup, src_shapes));
  return dst_shape(geometry_);
}

void MaxPool2d::forward(std::span<const Tensor> src, Tensor& dst, const StepContext& /*context*/) {
  if (argmax_.size() < dst.size()) argmax_ = Tensor(dst.shape(), DType::uint8);
  max_pool_forward(geometry_, src[0], dst, argmax_);
}

void MaxPool2d::backward(std::span<const Tensor> /*src*/, const Tensor& /*dst*/,
                         const Tensor& diff_dst, std::span<DiffSrc> diff_src,
                         const StepContext& /*context*/) {
  if (diff_src[0].tensor)
    max_pool_backward(geometry_, diff_dst, argmax_, *diff_src[0].tensor, diff_src[0].write);
}

LayerSummary MaxPool2d::summary() const {
  return summary_of("MaxPool2D", options_);
}

AvgPool2d::AvgPool2d(const PoolOptions& options) : options_(checked("AvgPool2D", options)) {}

Shape AvgPool2d::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  geometry_ = geometry_of(options_, setup, only_source(setup, src_shapes));
  return dst_shape(geometry_);
}

void AvgPool2d::forward(std::span<const Tensor> src, Tensor& dst, const StepContext& /*context*/) {
  average_pool_forward(geometry_, src[0], dst);
}

void AvgPool2d::backward(std::span<const Tensor> /*src*/, const Tensor& /*dst*/,
                         const Tensor& diff_dst, std::span<DiffSrc> diff_src,
                         const StepContext& /*context*/) {
  if (diff_src[0].tensor)
    average_pool_backward(geometry_, diff_dst, *diff_src[0].tensor, diff_src[0].write);
}

LayerSummary AvgPool2d::summary() const {
  return summary_of("AvgPool2D", options_);
}

}  // namespace credence
