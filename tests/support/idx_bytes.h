#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace credence::testing {

/// An IDX file: magic number, extents, and whatever elements are given.
inline std::string idx_bytes(std::initializer_list<std::uint32_t> extents,
                             std::string_view elements, std::uint32_t type = 0x08) {
  std::string bytes;
  const auto put = [&bytes](std::uint32_t word) {
    for (int shift : {24, 16, 8, 0}) bytes += static_cast<char>(word >> shift & 0xff);
  };
  put(type << 8 | static_cast<std::uint32_t>(extents.size()));
  for (const std::uint32_t extent : extents) put(extent);
  return bytes.append(elements);
}

}  // namespace credence::testing
