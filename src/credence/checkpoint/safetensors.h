#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "credence/tensor/parameter.h"

namespace credence {

using Metadata = std::map<std::string, std::string>;

struct SafetensorsFile {
  Metadata metadata;                 ///< without the checksums
  bool has_checksums = false;        ///< those of Credence's own files; they are right
  std::vector<NamedTensor> tensors;  ///< in the order of their data
};

/// Writes tensors in the safetensors format, whole or not at all.
///
///   8 bytes         length of the header, little-endian
///   header          JSON: {"__metadata__": {...}, "name": {"dtype", "shape", "data_offsets"}, ...}
///   data            the tensors' elements, little-endian, without gaps
///
/// Wide types come first, then names in order: every tensor is aligned to its element, and the same
/// tensors make the same file. The metadata get checksums of every tensor and of the header (see
/// checksums.h).
/// Errors  CreateError or IoError as of AtomicFile; InternalError for a name used twice, or
///         metadata called like a checksum.
/// Source  https://huggingface.co/docs/safetensors
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const Metadata& metadata = {});

/// Reads a safetensors file of F32, F64, BF16 and U8 tensors of up to six axes.
///
/// Errors  IoError if it cannot be read; DataError, naming the file, what was expected and what
///         came, if it breaks the format, or, in a file with checksums, naming the tensor, if one
///         is wrong. No number in it is trusted before it is checked against the size of the file.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

/// The same without the elements, of empty tensors: reads and checks them all, a block at a time.
SafetensorsFile check_safetensors(const std::filesystem::path& path);

}  // namespace credence
