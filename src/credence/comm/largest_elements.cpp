#include "credence/comm/largest_elements.h"

#include <algorithm>
#include <array>
#include <bit>

namespace credence {
namespace {

/// Without the sign: in the order of magnitudes, NaN last.
std::uint32_t magnitude_bits(float value) {
  return std::bit_cast<std::uint32_t>(value) & 0x7fffffff;
}

/// An eighth of an octave.
std::uint32_t bin_of(float value) {
  return magnitude_bits(value) >> 20;
}

}  // namespace

std::vector<std::uint32_t> largest_elements(std::span<const float> values, std::size_t count) {
  count = std::min(count, values.size());
  std::array<std::size_t, 2048> bins{};
  for (const float value : values) ++bins[bin_of(value)];
  std::size_t above = 0;  // elements in bins that are taken whole
  std::uint32_t last = bins.size() - 1;
  while (last > 0 && above + bins[last] < count) above += bins[last--];

  std::vector<std::uint32_t> taken, candidates;
  taken.reserve(count);
  candidates.reserve(bins[last]);
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const std::uint32_t bin = bin_of(values[i]);
    if (bin > last) taken.push_back(i);
    if (bin == last) candidates.push_back(i);
  }
  const auto is_before = [&](std::uint32_t a, std::uint32_t b) {
    const std::uint32_t first = magnitude_bits(values[a]), second = magnitude_bits(values[b]);
    return first != second ? first > second : a < b;
  };
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(count - taken.size());
  if (end != candidates.end())
    std::nth_element(candidates.begin(), end, candidates.end(), is_before);
  taken.insert(taken.end(), candidates.begin(), end);
  return taken;
}

}  // namespace credence
