#include "credence/comm/rank_levels.h"

#include <algorithm>

namespace credence {
namespace {

/// The largest divisor of n up to `most`, or else its smallest prime factor.
int radix_of(int n, int most) {
  for (int divisor = std::min(n, most); divisor > 1; --divisor)
    if (n % divisor == 0) return divisor;
  int factor = most + 1;
  while (n % factor != 0) ++factor;
  return factor;
}

}  // namespace

std::vector<RankLevel> rank_levels(int rank, int size, int most_peers) {
  std::vector<RankLevel> levels;
  for (int stride = 1; stride < size;) {
    const int radix = radix_of(size / stride, most_peers);
    levels.push_back({.radix = radix, .stride = stride, .digit = rank / stride % radix});
    stride *= radix;
  }
  return levels;
}

}  // namespace credence
