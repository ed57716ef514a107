#include "credence/checkpoint/safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <tuple>
#include <utility>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/sha256.h"
#include "credence/checkpoint/checksums.h"
#include "credence/checkpoint/safetensors_header.h"

namespace credence {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are written as they lie");

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t block_bytes = std::uint64_t{1} << 20;

std::string sha256_of(const Tensor& tensor) {
  Sha256 digest;
  digest.update(std::span(tensor.raw(), tensor.bytes()));
  return digest.hex();
}

void read_bytes(std::ifstream& file, void* destination, std::uint64_t bytes) {
  file.read(static_cast<char*>(destination), static_cast<std::streamsize>(bytes));
  require<DataError>(static_cast<std::uint64_t>(file.gcount()) == bytes, "expected ", bytes,
                     " bytes more, got ", file.gcount());
}

std::string read_header_text(std::ifstream& file, std::uint64_t file_bytes) {
  require<DataError>(file_bytes >= length_bytes, "expected at least ", length_bytes, " bytes, got ",
                     file_bytes);
  std::uint64_t header_bytes = 0;
  read_bytes(file, &header_bytes, length_bytes);
  const std::uint64_t most = std::min(file_bytes - length_bytes, SafetensorsHeader::max_bytes);
  require<DataError>(header_bytes <= most, "expected a header of at most ", most,
                     " bytes, what the file has room for, got ", header_bytes);
  std::string text(header_bytes, '\0');
  read_bytes(file, text.data(), header_bytes);
  return text;
}

/// What can be done with the tensors of a file.
enum class Use { keep, check };

/// Reads the elements of a tensor in blocks, which are hashed while they are in cache. Those that
/// are only checked share the memory of one block.
Tensor read_tensor(std::ifstream& file, const SafetensorsEntry& entry, Use use,
                   const std::string* expected) {
  const std::uint64_t bytes = entry.end - entry.begin;
  const auto begin = static_cast<std::uint64_t>(file.tellg());
  Tensor tensor;
  std::vector<std::byte> block;
  if (use == Use::keep)
    tensor = Tensor(entry.shape, entry.dtype);
  else
    block.resize(std::min(bytes, block_bytes));
  Sha256 digest;
  for (std::uint64_t done = 0; done < bytes; done += block_bytes) {
    const std::uint64_t count = std::min(bytes - done, block_bytes);
    std::byte* const destination = use == Use::keep ? tensor.raw() + done : block.data();
    read_bytes(file, destination, count);
    if (expected) digest.update(std::span(destination, count));
  }
  const std::string got = expected ? digest.hex() : "";
  require<DataError>(!expected || *expected == got, "tensor \"", entry.name, "\", bytes ", begin,
                     " to ", begin + bytes, ": damaged: expected SHA-256 ",
                     expected ? *expected : "", ", got ", got);
  return tensor;
}

SafetensorsFile read_open_file(std::ifstream& file, std::uint64_t file_bytes, Use use) {
  const std::string text = read_header_text(file, file_bytes);
  check_header(text);
  SafetensorsHeader header =
      SafetensorsHeader::parse(text, file_bytes - length_bytes - text.size());
  const std::optional<Checksums> checksums = take_checksums(header, text);

  SafetensorsFile result{.metadata = std::move(header.metadata),
                         .has_checksums = checksums.has_value(),
                         .tensors = {}};
  for (SafetensorsEntry& entry : header.entries) {
    Tensor tensor = read_tensor(file, entry, use, checksums ? &checksums->at(entry.name) : nullptr);
    result.tensors.push_back({std::move(entry.name), std::move(tensor)});
  }
  return result;
}

SafetensorsFile read_path(const std::filesystem::path& path, Use use) {
  std::ifstream file(path, std::ios::binary);
  require<IoError>(file.is_open(), path.string(), ": cannot open: ", std::strerror(errno));
  std::error_code error;
  require<DataError>(std::filesystem::is_regular_file(path, error), path.string(),
                     ": expected a safetensors file, got something that is not a file");
  const std::uint64_t file_bytes = std::filesystem::file_size(path, error);
  require<IoError>(!error, path.string(), ": cannot read: ", error.message());
  try {
    return read_open_file(file, file_bytes, use);
  } catch (const DataError& reason) {
    throw DataError(concat(path.string(), ": not a valid safetensors file: ", reason.what()));
  }
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const Metadata& metadata) {
  std::vector<const NamedTensor*> sorted;
  for (const NamedTensor& tensor : tensors) sorted.push_back(&tensor);
  std::sort(sorted.begin(), sorted.end(), [](const NamedTensor* a, const NamedTensor* b) {
    const std::size_t a_width = bytes_of(a->tensor.dtype()), b_width = bytes_of(b->tensor.dtype());
    return std::tie(b_width, a->name) < std::tie(a_width, b->name);
  });

  SafetensorsHeader header{.metadata = metadata, .entries = {}};
  Checksums checksums;
  std::uint64_t begin = 0;
  for (const NamedTensor* named : sorted) {
    require<InternalError>(!named->tensor.empty(), "safetensors: tensor \"", named->name,
                           "\" has no memory");
    const std::uint64_t end = begin + named->tensor.bytes();
    header.entries.push_back(
        {named->name, named->tensor.dtype(), named->tensor.shape(), begin, end});
    checksums[named->name] = sha256_of(named->tensor);
    begin = end;
  }

  const std::string text = text_with_checksums(std::move(header), checksums);
  const std::uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(text);
  for (const NamedTensor* named : sorted)
    file.write(std::span(named->tensor.raw(), named->tensor.bytes()));
  file.commit();
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  return read_path(path, Use::keep);
}

SafetensorsFile check_safetensors(const std::filesystem::path& path) {
  return read_path(path, Use::check);
}

}  // namespace credence
