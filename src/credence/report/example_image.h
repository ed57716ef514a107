#pragma once

#include <cstdint>
#include <vector>

#include "credence/tensor/tensor.h"

namespace credence {

/// A small picture of an example: bytes [height, width, channels], one channel or three.
struct ExampleImage {
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;

  bool empty() const { return pixels.empty(); }
};

/// The picture of a source [h, w, 1], [h, w, 3] or [h, w], of floats: 0 is black and 1 white, or
/// the least and the largest of its elements if some lie outside. One that is wider or higher than
/// `most` pixels is made smaller, by means over squares. Empty if it is no picture.
ExampleImage example_image(const Tensor& src, std::int64_t most = 64);

}  // namespace credence
