#include "credence/layers/conv2d.h"

#include "credence/base/errors.h"

namespace credence {

LinearSpec conv2d(const Conv2dOptions& options) {
  require<ConfigError>(options.filters != 0,
                       "Conv2D: give filters, the number of channels of the result, 1 or more");
  require<ConfigError>(options.filters > 0, "Conv2D: filters must be positive, got ",
                       options.filters);
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
