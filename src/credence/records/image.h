#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "credence/tensor/tensor.h"

namespace credence {

/// Pixels of bytes, line by line: one for each of grey, three of colour.
struct Image {
  int width = 0, height = 0;
  int channels = 1;  ///< 1: grey; 3: red, green, blue
  std::vector<std::uint8_t> pixels = {};
};

/// The bytes of a PNG file.
///
/// Source  W3C, "Portable Network Graphics (PNG) Specification", ISO/IEC 15948:2003.
std::string png_of(const Image& image);

/// The first 64 filters [filters, channels, height, width] of a convolution side by side, in colour
/// if they have three channels, else the first channel in grey. From the least weight, black, to
/// the greatest, white.
Image kernel_image(const Tensor& filters);

}  // namespace credence
