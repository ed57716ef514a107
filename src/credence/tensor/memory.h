#pragma once

#include <cstddef>
#include <memory>

#include "credence/tensor/shape.h"

namespace credence {

/// Memory of unknown content, aligned for vectors, with a few bytes behind it that are zero. The
/// thread that first writes to a page decides which memory of the machine the page lies in.
/// MemoryError if there is not so much.
std::shared_ptr<std::byte[]> allocate_memory(std::size_t bytes);

/// Whether a machine may hold a tensor of this shape, in any order of its axes, empty ones left
/// out: if not, the number of its elements, and of their bytes, need not fit in an int64 either.
bool is_countable(const Shape& shape);
/// MemoryError if not.
void require_countable(const Shape& shape);

}  // namespace credence
