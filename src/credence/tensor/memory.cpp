#include "credence/tensor/memory.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <new>
#include <string>

#include <sys/mman.h>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {
namespace {

/// Of large tensors, which the system may then hold in pages of this size: walking over the rows of
/// a matrix then costs no look-up of a page each.
constexpr std::size_t huge_page = std::size_t{2} << 20;

/// Bytes of memory and swap that this machine has left; the largest number if it does not say.
std::size_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::size_t sum = 0;
  std::string key, unit;
  for (std::size_t kib = 0; file >> key >> kib && std::getline(file, unit);)
    if (key == "MemAvailable:" || key == "SwapFree:") sum += kib * 1024;
  return sum > 0 ? sum : std::numeric_limits<std::size_t>::max();
}

/// MemoryError for more than there is: the system would give it, and kill the process that writes
/// to it.
std::byte* allocate(std::size_t bytes, std::align_val_t alignment) {
  constexpr std::size_t worth_a_look = std::size_t{64} << 20;
  const std::size_t available =
      bytes < worth_a_look ? std::numeric_limits<std::size_t>::max() : available_memory();
  void* const memory =
      bytes > available ? nullptr : ::operator new[](bytes, alignment, std::nothrow);
  require<MemoryError>(
      memory != nullptr, "out of memory: ", bytes_text(static_cast<long long>(bytes)), " asked for",
      bytes > available ? concat(", there are ", bytes_text(static_cast<long long>(available)))
                        : "");
  return static_cast<std::byte*>(memory);
}

}  // namespace

bool is_countable(const Shape& shape) {
  std::int64_t room = std::int64_t{1} << 59;
  for (const std::int64_t extent : shape) room /= std::max<std::int64_t>(extent, 1);
  return room > 0;
}

void require_countable(const Shape& shape) {
  require<MemoryError>(is_countable(shape), "out of memory: no machine holds a tensor ", shape);
}

std::shared_ptr<std::byte[]> allocate_memory(std::size_t bytes) {
  std::size_t padded = (bytes + 63) / 64 * 64 + 64;
  std::align_val_t alignment{64};
  if (padded >= huge_page) {
    alignment = std::align_val_t{huge_page};
    padded = (padded + huge_page - 1) / huge_page * huge_page;
  }
  std::byte* const memory = allocate(padded, alignment);
  if (padded >= huge_page) ::madvise(memory, padded, MADV_HUGEPAGE);  // a wish
  std::memset(memory + bytes, 0, padded - bytes);
  return {memory, [alignment](std::byte* p) { ::operator delete[](p, alignment); }};
}

}  // namespace credence
