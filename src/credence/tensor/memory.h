#pragma once

#include <cstddef>
#include <memory>

namespace credence {

/// Memory of unknown content, aligned for vectors, with a few bytes behind it that are zero. The
/// thread that first writes to a page decides which memory of the machine the page lies in.
/// MemoryError if there is not so much.
std::shared_ptr<std::byte[]> allocate_memory(std::size_t bytes);

}  // namespace credence
