#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "credence/tensor/tensor.h"

namespace credence {

/// NumPy's types of elements that Credence reads, all little-endian.
enum class NpyType { uint8, boolean, int32, int64, float32, float64 };

std::size_t bytes_of(NpyType type);

/// The header of a .npy file, versions 1.0 to 3.0.
struct NpyHeader {
  NpyType type = NpyType::float32;
  Shape shape;
  std::size_t header_bytes = 0;  ///< where the elements begin
};

/// Bytes that hold any header we accept.
inline constexpr std::size_t max_npy_header_bytes = 1 << 16;

/// Parses the beginning of a .npy file; `where` names it in messages.
///
/// Errors  DataError for anything else than such a header; for elements of another type or in
///         Fortran order; for more than Shape::max_rank axes; for more than 2^59 elements.
/// Source  NumPy, numpy.lib.format ("NPY format").
NpyHeader parse_npy_header(std::string_view bytes, std::string_view where);

/// The array, whose elements `read` copies as they are in the file: |u1 as uint8, |b1 as uint8 (0
/// or 1), <f4 as float32, <f8 as float64; <i4 and <i8 as float64, DataError if an integer is beyond
/// 2^53 and would be rounded.
Tensor npy_tensor(const NpyHeader& header, const std::function<void(std::span<std::byte>)>& read,
                  std::string_view where);

/// The array of the bytes of a .npy file, which `where` names. DataError, as above or if they are
/// too few or too many.
Tensor parse_npy(std::string_view bytes, std::string_view where);

/// The array of a .npy file. DataError, naming it, as above or if it is cut short or too long;
/// IoError if it cannot be read.
Tensor read_npy(const std::filesystem::path& path);

/// The header, version 1.0, of a uint8, float32 or float64 tensor; InternalError for another.
std::string npy_header(const Tensor& tensor);

}  // namespace credence
