#include "credence/checkpoint/safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <tuple>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/checkpoint/safetensors_header.h"

namespace credence {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are written as they lie");

constexpr std::uint64_t length_bytes = 8;

void read_bytes(std::ifstream& file, void* destination, std::uint64_t bytes) {
  file.read(static_cast<char*>(destination), static_cast<std::streamsize>(bytes));
  require<DataError>(static_cast<std::uint64_t>(file.gcount()) == bytes, "expected ", bytes,
                     " bytes more, got ", file.gcount());
}

SafetensorsFile read_open_file(std::ifstream& file, std::uint64_t file_bytes) {
  require<DataError>(file_bytes >= length_bytes, "expected at least ", length_bytes, " bytes, got ",
                     file_bytes);
  std::uint64_t header_bytes = 0;
  read_bytes(file, &header_bytes, length_bytes);
  const std::uint64_t most = std::min(file_bytes - length_bytes, SafetensorsHeader::max_bytes);
  require<DataError>(header_bytes <= most, "expected a header of at most ", most, " bytes, got ",
                     header_bytes);
  std::string json(header_bytes, '\0');
  read_bytes(file, json.data(), header_bytes);
  SafetensorsHeader header =
      SafetensorsHeader::parse(json, file_bytes - length_bytes - header_bytes);

  SafetensorsFile result{.metadata = std::move(header.metadata), .tensors = {}};
  for (SafetensorsEntry& entry : header.entries) {
    Tensor tensor(entry.shape, entry.dtype);
    read_bytes(file, tensor.raw(), entry.end - entry.begin);
    result.tensors.push_back({std::move(entry.name), std::move(tensor)});
  }
  return result;
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
  std::uint64_t begin = 0;
  for (const NamedTensor* named : sorted) {
    require<InternalError>(!named->tensor.empty(), "safetensors: tensor \"", named->name,
                           "\" has no memory");
    const std::uint64_t end = begin + named->tensor.bytes();
    header.entries.push_back(
        {named->name, named->tensor.dtype(), named->tensor.shape(), begin, end});
    begin = end;
  }

  const std::string text = header.text();
  const std::uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(text);
  for (const NamedTensor* named : sorted)
    file.write(std::span(named->tensor.raw(), named->tensor.bytes()));
  file.commit();
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  require<IoError>(file.is_open(), path.string(), ": cannot open: ", std::strerror(errno));
  std::error_code error;
  require<DataError>(std::filesystem::is_regular_file(path, error), path.string(),
                     ": expected a safetensors file, got something that is not a file");
  const std::uint64_t file_bytes = std::filesystem::file_size(path, error);
  require<IoError>(!error, path.string(), ": cannot read: ", error.message());
  try {
    return read_open_file(file, file_bytes);
  } catch (const DataError& reason) {
    throw DataError(concat(path.string(), ": not a valid safetensors file: ", reason.what()));
  }
}

}  // namespace credence
