#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace credence {

/// The places of the `count` elements of largest magnitude: NaN before infinity before numbers, and
/// of equal ones the first. In no particular order.
std::vector<std::uint32_t> largest_elements(std::span<const float> values, std::size_t count);

}  // namespace credence
