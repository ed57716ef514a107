#pragma once

#include <cstdint>

#include "credence/base/portable_math.h"

namespace credence {

struct PhiloxWords {
  std::uint32_t a, b, c, d;
};

/// Philox4x32-10, written so that compilers vectorise loops over counters: Random123's, its source
/// and the one it is tested against, stays scalar with g++ 12.
///
/// Source  Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
CREDENCE_HOST_DEVICE inline PhiloxWords philox(PhiloxWords counter, std::uint32_t key0,
                                               std::uint32_t key1) {
  auto [a, b, c, d] = counter;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p = std::uint64_t{a} * 0xD2511F53u;
    const std::uint64_t q = std::uint64_t{c} * 0xCD9E8D57u;
    a = static_cast<std::uint32_t>(q >> 32) ^ b ^ key0;
    b = static_cast<std::uint32_t>(q);
    c = static_cast<std::uint32_t>(p >> 32) ^ d ^ key1;
    d = static_cast<std::uint32_t>(p);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {a, b, c, d};
}

}  // namespace credence
