#include "credence/data/idx.h"

#include <array>
#include <cstdint>

#include "credence/base/errors.h"
#include "credence/data/unpacked_file.h"
#include "credence/tensor/memory.h"

namespace credence {
namespace {

constexpr std::uint32_t unsigned_bytes = 0x08;

std::string hexadecimal(std::uint32_t word) {
  std::ostringstream text;
  text << "0x" << std::hex;
  text.fill('0');
  text.width(8);
  text << word;
  return text.str();
}

/// The next four bytes, most significant first.
std::uint32_t read_word(UnpackedFile& file) {
  std::array<std::byte, 4> bytes{};
  const std::size_t got = file.read(bytes);
  require<DataError>(got == bytes.size(), file.path().string(),
                     ": cut short: it ends inside the IDX header");
  std::uint32_t word = 0;
  for (const std::byte byte : bytes) word = word << 8 | std::to_integer<std::uint32_t>(byte);
  return word;
}

void check_magic(const UnpackedFile& file, std::uint32_t magic, int rank) {
  const std::uint32_t expected = unsigned_bytes << 8 | static_cast<std::uint32_t>(rank);
  if (magic == expected) return;
  std::string meaning = "this is no IDX file";
  if (magic >> 8 == unsigned_bytes)
    meaning = concat("this is an IDX file of ", magic & 0xff, " axes");
  else if (magic >> 16 == 0 && magic >> 8 != 0)
    meaning = "this may be an IDX file of another element type";
  throw DataError(concat(file.path().string(), ": expected magic number ", hexadecimal(expected),
                         " (IDX, bytes, ", rank, " axes), got ", hexadecimal(magic), ": ",
                         meaning));
}

Shape read_shape(UnpackedFile& file, int rank) {
  Shape shape;
  const std::uint64_t header = 4 + 4 * static_cast<std::uint64_t>(rank);
  const std::uint64_t most = file.most_bytes() < header ? 0 : file.most_bytes() - header;
  std::uint64_t size = 1;
  bool fits = true;
  for (int axis = 0; axis < rank; ++axis) {
    const std::uint32_t extent = read_word(file);
    shape = shape.append(extent);
    // `size` stays below 2^64: it is at most `most`, or else no longer looked at.
    fits = fits && (extent == 0 || size <= most / extent);
    size = fits ? size * extent : size;
  }
  require<DataError>(fits && is_countable(shape), file.path().string(),
                     ": cut short: its header announces ", shape,
                     " bytes, but the file holds at most ", most);
  return shape;
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path, int rank) {
  UnpackedFile file(path);
  check_magic(file, read_word(file), rank);
  Tensor tensor(read_shape(file, rank), DType::uint8);

  const std::size_t got = file.read({tensor.raw(), tensor.bytes()});
  require<DataError>(got == tensor.bytes(), path.string(), ": cut short: its header announces ",
                     tensor.shape(), ", ", tensor.bytes(), " bytes, got ", got);
  std::array<std::byte, 1> more{};
  require<DataError>(file.read(more) == 0, path.string(), ": too long: its header announces ",
                     tensor.shape(), ", ", tensor.bytes(), " bytes, and more come");
  return tensor;
}

}  // namespace credence
