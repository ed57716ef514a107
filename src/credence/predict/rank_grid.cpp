#include "credence/predict/rank_grid.h"

#include <algorithm>

#include "credence/comm/rank_groups.h"

namespace credence {
namespace {

/// Part number `part` of so many of a range.
RowRange part_of(const RowRange& whole, int part, int parts) {
  return {.begin = whole.begin + whole.size() * part / parts,
          .end = whole.begin + whole.size() * (part + 1) / parts};
}

}  // namespace

RankGrid::RankGrid(Communicator& all, int groups)
    : groups_(groups),
      number_(all.rank() % groups),
      columns_(all.size() / groups),
      column_number_(all.rank() / groups),
      self_(self_communicator()) {
  if (groups > 1) column_ = all.split(column_number_, all.rank());
}

int RankGrid::groups(int ranks, std::int64_t batches, std::int64_t most) {
  const int wanted = ranks / RankGroups::count(ranks, batches);
  return RankGroups::count(ranks, std::min<std::int64_t>(wanted, most));
}

RowRange RankGrid::column_rows(std::int64_t rows) const {
  return part_of({.begin = 0, .end = rows}, column_number_, columns_);
}

RowRange RankGrid::own_rows(std::int64_t rows) const {
  return part_of(column_rows(rows), number_, groups_);
}

}  // namespace credence
