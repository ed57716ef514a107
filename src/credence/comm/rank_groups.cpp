#include "credence/comm/rank_groups.h"

#include <algorithm>

namespace credence {

int RankGroups::count(int ranks, std::int64_t members) {
  int groups = static_cast<int>(std::clamp<std::int64_t>(members, 1, ranks));
  while (ranks % groups != 0) --groups;
  return groups;
}

RankGroups::RankGroups(Communicator& all, std::int64_t members)
    : all_(all), count_(count(all.size(), members)), number_(all.rank() / (all.size() / count_)) {
  if (count_ > 1) group_ = all.split(number_, all.rank());
}

}  // namespace credence
