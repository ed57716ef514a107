#include "credence/checkpoint/safetensors.h"

#include <numeric>
#include <vector>

#include "fuzz/fuzz.h"

using namespace credence;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file({data, size});
  SafetensorsFile content;
  const bool is_read =
      file.is_accepted_by<DataError>([&] { content = read_safetensors(file.path()); });
  const bool is_checked = file.is_accepted_by<DataError>([&] { check_safetensors(file.path()); });
  if (is_read != is_checked) fuzz::fail("a file that is valid or not, as it is read");
  if (!is_read || !content.has_checksums) return 0;

  // Whatever one byte of it becomes, the file with checksums is refused.
  std::vector<std::uint8_t> bytes(data, data + size);
  const std::uint64_t sum = std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
  bytes[sum * 7919 % size] ^= static_cast<std::uint8_t>(1 + sum % 255);
  const fuzz::InputFile damaged(bytes);
  if (damaged.is_accepted_by<DataError>([&] { read_safetensors(damaged.path()); }))
    fuzz::fail("a damaged file is read");
  return 0;
}
