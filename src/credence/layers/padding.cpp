#include "credence/layers/padding.h"

#include <algorithm>

#include "credence/base/errors.h"

namespace credence {

void check(std::string_view where, const WindowOptions& window, std::string_view kernel, int axes) {
  constexpr std::int64_t most = 65536;  // their products can be counted
  const auto require_range = [&](std::string_view key, const std::array<std::int64_t, 2>& pair,
                                 std::int64_t least) {
    require<ConfigError>(pair[0] >= least && pair[1] >= least, where, ": ", key, " must be ", least,
                         " or more, got ", by_text(pair, axes));
    require<ConfigError>(pair[0] <= most && pair[1] <= most, where, ": ", key, " must be at most ",
                         most, ", got ", by_text(pair, axes));
  };
  require_range(kernel, window.kernel, 1);
  require_range("stride", window.stride, 1);
  require_range("dilation", window.dilation, 1);
  require_range("explicit_padding", window.explicit_padding, 0);
}

Padding resolve_padding(const std::string& layer, const WindowOptions& window, std::int64_t height,
                        std::int64_t width) {
  const std::array<std::int64_t, 2> extents{height, width};
  Padding padding;
  for (int axis = 0; axis < 2; ++axis) {
    const std::int64_t kernel = window.kernel[axis], stride = window.stride[axis];
    const std::int64_t dilation = window.dilation[axis],
                       explicit_pad = window.explicit_padding[axis];
    const std::int64_t reach = (kernel - 1) * dilation + 1;
    if (window.padding == PaddingMode::same) {
      const std::int64_t outputs = (extents[axis] + stride - 1) / stride;
      const std::int64_t total =
          std::max<std::int64_t>(0, (outputs - 1) * stride + reach - extents[axis]);
      padding.begin[axis] = total / 2;
      padding.end[axis] = total - total / 2;
    } else if (window.padding == PaddingMode::explicit_) {
      padding.begin[axis] = padding.end[axis] = explicit_pad;
    }
    const std::int64_t padded = extents[axis] + padding.begin[axis] + padding.end[axis];
    require<ShapeError>(padded >= reach, "layer \"", layer, "\": a window of ", reach,
                        " does not fit in a padded extent of ", padded, " (source ", height, "x",
                        width, ")");
  }
  return padding;
}

std::string by_text(const std::array<std::int64_t, 2>& pair, int axes) {
  if (axes == 1) return concat(pair[1]);
  return concat(pair[0], "x", pair[1]);
}

std::string padding_text(PaddingMode mode, const std::array<std::int64_t, 2>& explicit_padding,
                         int axes) {
  if (mode == PaddingMode::explicit_) return by_text(explicit_padding, axes);
  return enum_name(mode);
}

}  // namespace credence
