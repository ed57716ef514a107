#include <algorithm>
#include <cstring>
#include <vector>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/data/npy.h"

namespace credence {
namespace {

template <class Integer>
Tensor real_numbers(std::span<const std::byte> bytes, Shape shape, std::string_view where) {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  Tensor tensor(shape, DType::float64);
  double* to = tensor.data<double>();
  for (std::size_t i = 0; i < bytes.size() / sizeof(Integer); ++i) {
    Integer number;
    std::memcpy(&number, bytes.data() + i * sizeof(Integer), sizeof(Integer));
    if (number < -exact || number > exact)
      throw DataError(concat(where, ": expected integers up to 2^53, got ", number));
    to[i] = static_cast<double>(number);
  }
  return tensor;
}

void check_booleans(const Tensor& tensor, std::string_view where) {
  for (const std::uint8_t value : tensor.span<std::uint8_t>())
    if (value > 1) throw DataError(concat(where, ": expected booleans, got byte ", int{value}));
}

}  // namespace

Tensor npy_tensor(const NpyHeader& header, const std::function<void(std::span<std::byte>)>& read,
                  std::string_view where) {
  if (header.type == NpyType::int32 || header.type == NpyType::int64) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(header.shape.size()) *
                                 bytes_of(header.type));
    read(bytes);
    return header.type == NpyType::int32 ? real_numbers<std::int32_t>(bytes, header.shape, where)
                                         : real_numbers<std::int64_t>(bytes, header.shape, where);
  }
  const DType dtype = header.type == NpyType::float32   ? DType::float32
                      : header.type == NpyType::float64 ? DType::float64
                                                        : DType::uint8;
  Tensor tensor(header.shape, dtype);
  read({tensor.raw(), tensor.bytes()});
  if (header.type == NpyType::boolean) check_booleans(tensor, where);
  return tensor;
}

Tensor parse_npy(std::string_view bytes, std::string_view where) {
  const NpyHeader header = parse_npy_header(bytes, where);
  const std::size_t expected =
      static_cast<std::size_t>(header.shape.size()) * bytes_of(header.type);
  const bool cut_short = bytes.size() < header.header_bytes + expected;
  require<DataError>(header.header_bytes + expected == bytes.size(), where,
                     cut_short ? ": cut short" : "", ": its .npy header, ", header.shape,
                     ", announces ", expected, " bytes of elements, got ",
                     bytes.size() - header.header_bytes);
  return npy_tensor(
      header,
      [&](std::span<std::byte> dst) {
        std::ranges::copy(std::as_bytes(std::span(bytes)).subspan(header.header_bytes),
                          dst.begin());
      },
      where);
}

Tensor read_npy(const std::filesystem::path& path) {
  return parse_npy(read_file(path), path.string());
}

}  // namespace credence
