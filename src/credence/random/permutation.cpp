#include <algorithm>
#include <bit>
#include <utility>

#include "credence/base/errors.h"
#include "credence/random/noise.h"
#include "credence/random/philox.h"

namespace credence {

Permutation::Permutation(std::uint64_t size, NoiseKey key, std::uint64_t epoch)
    : size_(size), key_(key), epoch_(epoch) {
  const int bits = size > 1 ? std::bit_width(size - 1) : 0;
  half_bits_ = std::max(1, (bits + 1) / 2);
}

/// One pass through the network, over a domain that may be larger than `size_`. Without branches,
/// so that loops over it vectorise.
inline std::uint64_t Permutation::encrypt(std::uint64_t index) const {
  // With four rounds, positions at sizes up to 100 and differences at 1000 fail a chi-squared test.
  const std::uint32_t rounds = half_bits_ <= 4 ? 12 : 6;
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << half_bits_) - 1);
  auto left = static_cast<std::uint32_t>(index >> half_bits_);
  auto right = static_cast<std::uint32_t>(index) & mask;
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const PhiloxWords words = philox({right, round, static_cast<std::uint32_t>(epoch_),
                                      static_cast<std::uint32_t>(epoch_ >> 32)},
                                     key_.words[0], key_.words[1]);
    const std::uint32_t next = left ^ (words.a & mask);
    left = right;
    right = next;
  }
  return std::uint64_t{left} << half_bits_ | right;
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  require<InternalError>(index < size_, "permutation: index must be below ", size_, ", got ",
                         index);
  do index = encrypt(index);
  while (index >= size_);
  return index;
}

void Permutation::map(std::uint64_t begin, std::span<std::int64_t> images) const {
  const std::uint64_t count = images.size();
  require<InternalError>(begin <= size_ && count <= size_ - begin, "permutation: places ", begin,
                         " to ", begin + count, " of ", size_);
  std::int64_t* const image = images.data();
#pragma omp simd
  for (std::uint64_t i = 0; i < count; ++i)
    image[i] = static_cast<std::int64_t>(encrypt(begin + i));
  for (std::uint64_t i = 0; i < count; ++i)
    while (static_cast<std::uint64_t>(image[i]) >= size_)
      image[i] = static_cast<std::int64_t>(encrypt(static_cast<std::uint64_t>(image[i])));
}

}  // namespace credence
