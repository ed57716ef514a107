#include "credence/layers/pooling1d.h"

#include <type_traits>

#include "credence/base/errors.h"

namespace credence {
namespace {

template <class Pool2d>
constexpr const char* type_of = std::is_same_v<Pool2d, MaxPool2d> ? "MaxPool1D" : "AvgPool1D";

WindowOptions window_of(const Pool1dOptions& options) {
  return {.kernel = {1, options.window},
          .stride = {1, options.stride ? options.stride : options.window},
          .padding = options.padding,
          .explicit_padding = {0, options.explicit_padding}};
}

PoolOptions of_image(const char* type, const Pool1dOptions& options) {
  const WindowOptions window = window_of(options);
  check(type, window, "window", 1);
  require<ConfigError>(options.window <= most_window_pixels, type, ": window must be at most ",
                       most_window_pixels, ", got ", options.window);
  return {.window = window.kernel,
          .stride = window.stride,
          .padding = window.padding,
          .explicit_padding = window.explicit_padding};
}

}  // namespace

template <class Pool2d>
Pool1d<Pool2d>::Pool1d(const Pool1dOptions& options)
    : options_(options), pool_(of_image(type_of<Pool2d>, options)) {}

template <class Pool2d>
Shape Pool1d<Pool2d>::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  const Shape& src = only_source(setup, src_shapes);
  require<ShapeError>(src.rank() == 2, "layer \"", setup.name, "\": ", type_of<Pool2d>,
                      " needs a source [length, channels], got ", src);
  const Shape image = src.prepend(1);
  return pool_.setup(setup, std::span(&image, 1)).without_leading();
}

template <class Pool2d>
LayerSummary Pool1d<Pool2d>::summary() const {
  const WindowOptions window = window_of(options_);
  return {.type = type_of<Pool2d>,
          .details = by_text(window.kernel, 1),
          .padding = padding_text(window.padding, window.explicit_padding, 1),
          .stride = by_text(window.stride, 1)};
}

template class Pool1d<MaxPool2d>;
template class Pool1d<AvgPool2d>;

}  // namespace credence
