#pragma once

#include <vector>

namespace credence {

/// Ranks as numbers in mixed radix: at each level, those that differ in one digit alone are peers.
struct RankLevel {
  int radix = 1;
  int stride = 1;  ///< between peers
  int digit = 0;   ///< of this rank

  int peer(int rank, int other_digit) const { return rank + (other_digit - digit) * stride; }
};

/// Of `size` ranks, neighbours first, with as few levels as there can be of no more than
/// `most_peers` ranks each; a prime factor above that is a level of its own.
std::vector<RankLevel> rank_levels(int rank, int size, int most_peers);

}  // namespace credence
