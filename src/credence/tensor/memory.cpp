#include "credence/tensor/memory.h"

#include <cstring>
#include <new>

#include <sys/mman.h>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {
namespace {

/// Of large tensors, which the system may then hold in pages of this size: walking over the rows of
/// a matrix then costs no look-up of a page each.
constexpr std::size_t huge_page = std::size_t{2} << 20;

}  // namespace

std::shared_ptr<std::byte[]> allocate_memory(std::size_t bytes) {
  std::size_t padded = (bytes + 63) / 64 * 64 + 64;
  std::align_val_t alignment{64};
  if (padded >= huge_page) {
    alignment = std::align_val_t{huge_page};
    padded = (padded + huge_page - 1) / huge_page * huge_page;
  }
  auto* memory = static_cast<std::byte*>(::operator new[](padded, alignment, std::nothrow));
  require<MemoryError>(memory != nullptr,
                       "out of memory: ", bytes_text(static_cast<long long>(bytes)), " asked for");
  if (padded >= huge_page) ::madvise(memory, padded, MADV_HUGEPAGE);  // a wish
  std::memset(memory + bytes, 0, padded - bytes);
  return {memory, [alignment](std::byte* p) { ::operator delete[](p, alignment); }};
}

}  // namespace credence
