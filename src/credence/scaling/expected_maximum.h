#pragma once

#include <cstdint>

namespace credence {

/// The mean of the largest of n independent standard normals, which grows as sqrt(2 ln n): 0 of
/// one, 1/sqrt(pi) of two, 3.2 of a thousand.
double expected_maximum(std::int64_t n);

}  // namespace credence
