#pragma once

#include <cstdint>

namespace credence {

/// Calls of operator new so far, in a program that counted_allocations.cpp is part of.
std::int64_t allocation_count();

}  // namespace credence
