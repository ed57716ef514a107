#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "credence/base/enum_names.h"

namespace credence {

/// `same` gives ceil(extent / stride) outputs, the odd zero at the end; `valid` adds none;
/// `explicit` takes the numbers given.
enum class PaddingMode { same, valid, explicit_ };

inline EnumNames<PaddingMode> enum_names(PaddingMode) {
  static constexpr EnumName<PaddingMode> names[] = {{PaddingMode::same, "same"},
                                                    {PaddingMode::valid, "valid"},
                                                    {PaddingMode::explicit_, "explicit"}};
  return names;
}

/// Zeros before and after, (vertical, horizontal).
struct Padding {
  std::array<std::int64_t, 2> begin{0, 0};
  std::array<std::int64_t, 2> end{0, 0};
};

/// A window sliding over height and width.
struct WindowOptions {
  std::array<std::int64_t, 2> kernel{1, 1};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 2> dilation{1, 1};
  PaddingMode padding = PaddingMode::valid;
  std::array<std::int64_t, 2> explicit_padding{0, 0};  ///< on both sides
};

/// ConfigError, naming `where` and the key, unless kernel, stride and dilation are positive, the
/// padding is not negative, and none is above 65536. `kernel` is what the kernel is called. A
/// window along one axis has its numbers in the second place, and the message tells those alone.
void check(std::string_view where, const WindowOptions& window, std::string_view kernel = "kernel",
           int axes = 2);

/// The padding of a window over [height, width]. ShapeError, naming the layer, if a window does not
/// fit once.
Padding resolve_padding(const std::string& layer, const WindowOptions& window, std::int64_t height,
                        std::int64_t width);

/// "5x5", "1x1": for the table of layers. Along one axis "5": the second.
std::string by_text(const std::array<std::int64_t, 2>& pair, int axes = 2);
std::string padding_text(PaddingMode mode, const std::array<std::int64_t, 2>& explicit_padding,
                         int axes = 2);

}  // namespace credence
