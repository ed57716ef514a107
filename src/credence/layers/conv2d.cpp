#include "credence/layers/conv2d.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/tensor/memory.h"

namespace credence {

void check_filters(std::string_view type, std::int64_t filters) {
  require<ConfigError>(filters != 0, type,
                       ": give filters, the number of channels of the result, 1 or more");
  require<ConfigError>(filters > 0, type, ": filters must be positive, got ", filters);
}

LinearSpec conv2d(const Conv2dOptions& options) {
  check_filters("Conv2D", options.filters);
  const WindowOptions window{.kernel = options.kernel,
                             .stride = options.stride,
                             .dilation = options.dilation,
                             .padding = options.padding,
                             .explicit_padding = options.explicit_padding};
  check("Conv2D", window);
  const auto make_map = [options, window](const LayerSetup& setup, const Shape& src) {
    require<ShapeError>(src.rank() == 3, "layer \"", setup.name,
                        "\": Conv2D needs a source [height, width, channels], got ", src);
    const Padding padding = resolve_padding(setup.name, window, src[0], src[1]);
    require_countable({options.filters, src[2], options.kernel[0], options.kernel[1]});
    const auto padded = [&](int axis) {  // at most, of the source and of the result
      return src[axis] + 2 * (padding.begin[axis] + padding.end[axis] +
                              options.kernel[axis] * options.dilation[axis]);
    };
    require_countable({padded(0), padded(1), std::max(src[2], options.filters)});
    return make_linear_map(Conv2dGeometry{.height = src[0],
                                          .width = src[1],
                                          .channels = src[2],
                                          .filters = options.filters,
                                          .kernel = options.kernel,
                                          .stride = options.stride,
                                          .dilation = options.dilation,
                                          .pad_begin = padding.begin,
                                          .pad_end = padding.end},
                           setup.dtype, setup.precision);
  };
  return {.summary = {.type = "Conv2D",
                      .padding = padding_text(options.padding, options.explicit_padding),
                      .stride = by_text(options.stride)},
          .bias = options.bias,
          .initializer = options.initializer,
          .make_map = make_map};
}

}  // namespace credence
