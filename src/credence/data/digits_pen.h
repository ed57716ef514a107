#pragma once

#include <cstdint>
#include <span>

#include "credence/data/digits_shape.h"

namespace credence {

inline constexpr int digit_pixels = digit_side * digit_side;
/// Uniform draws that one image takes: its shape first, then one a pixel.
inline constexpr int digit_shape_draws = 128;
inline constexpr int digit_draws = digit_shape_draws + digit_pixels;

/// Writes one image [28, 28] of a digit or symbol that has these styles: a pure function of them
/// and `draws`, uniform in (0, 1).
void write_glyph(const std::vector<Skeleton>& styles, std::span<const float, digit_draws> draws,
                 std::span<std::uint8_t, digit_pixels> image);

}  // namespace credence
