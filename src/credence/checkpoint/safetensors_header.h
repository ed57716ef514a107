#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "credence/tensor/tensor.h"

namespace credence {

/// Where a tensor lies in the data of a safetensors file: bytes [begin, end).
struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::float32;
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The JSON header of a safetensors file, the tensors in the order of their data.
struct SafetensorsHeader {
  static constexpr std::uint64_t max_bytes = 100'000'000;  // as the reference reader has it

  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> entries;

  /// Parses a header that belongs to `data_bytes` of data. DataError, with what was expected and
  /// what came, unless names are unique and the tensors fill the data without holes or overlaps.
  static SafetensorsHeader parse(std::string_view json, std::uint64_t data_bytes);
  /// The JSON, padded with blanks to a multiple of 8 bytes.
  std::string text() const;
};

}  // namespace credence
