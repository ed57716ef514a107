#include <algorithm>
#include <array>
#include <bit>

#include "credence/base/errors.h"
#include "credence/random/noise.h"
#include "credence/random/philox.h"

namespace credence {

Permutation::Permutation(std::uint64_t size, NoiseKey key, std::uint64_t epoch)
    : size_(size), key_(key), epoch_(epoch) {
  const int bits = size > 1 ? std::bit_width(size - 1) : 0;
  half_bits_ = std::max(1, (bits + 1) / 2);
}

/// One pass through the network, over a domain that may be larger than `size_`: many places at a
/// time, in loops that vectorise.
void Permutation::encrypt(std::array<std::uint64_t, chunk>& indices) const {
  // With four rounds, positions at sizes up to 100 and differences at 1000 fail a chi-squared test.
  const std::uint32_t rounds = half_bits_ <= 4 ? 12 : 6;
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << half_bits_) - 1);
  const auto epoch_low = static_cast<std::uint32_t>(epoch_),
             epoch_high = static_cast<std::uint32_t>(epoch_ >> 32);
  const std::uint32_t key0 = key_.words[0], key1 = key_.words[1];
  std::uint32_t left[chunk], right[chunk];
  for (int i = 0; i < chunk; ++i) {
    left[i] = static_cast<std::uint32_t>(indices[i] >> half_bits_);
    right[i] = static_cast<std::uint32_t>(indices[i]) & mask;
  }
  for (std::uint32_t round = 0; round < rounds; ++round)
    for (int i = 0; i < chunk; ++i) {
      const PhiloxWords words = philox({right[i], round, epoch_low, epoch_high}, key0, key1);
      const std::uint32_t next = left[i] ^ (words.a & mask);
      left[i] = right[i];
      right[i] = next;
    }
  for (int i = 0; i < chunk; ++i) indices[i] = std::uint64_t{left[i]} << half_bits_ | right[i];
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  std::int64_t image = 0;
  map(index, {&image, 1});
  return static_cast<std::uint64_t>(image);
}

void Permutation::map(std::uint64_t begin, std::span<std::int64_t> images) const {
  const std::uint64_t count = images.size();
  require<InternalError>(begin <= size_ && count <= size_ - begin, "permutation: places ", begin,
                         " to ", begin + count, " of ", size_);
  std::array<std::uint64_t, chunk> indices{};
  for (std::uint64_t first = 0; first < count; first += chunk) {
    const std::uint64_t filled = std::min<std::uint64_t>(chunk, count - first);
    for (std::uint64_t i = 0; i < filled; ++i) indices[i] = begin + first + i;
    encrypt(indices);
    // Those that fell outside walk on; the others keep what they found.
    std::array<std::uint64_t, chunk> walking = indices;
    const auto fell_outside = [this](std::uint64_t index) { return index >= size_; };
    while (std::any_of(walking.begin(), walking.begin() + filled, fell_outside)) {
      encrypt(walking);
      for (std::uint64_t i = 0; i < filled; ++i) {
        if (fell_outside(indices[i])) indices[i] = walking[i];
        walking[i] = indices[i];
      }
    }
    for (std::uint64_t i = 0; i < filled; ++i)
      images[first + i] = static_cast<std::int64_t>(indices[i]);
  }
}

}  // namespace credence
