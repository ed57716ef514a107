#pragma once

#include <memory>

#include "credence/comm/communicator.h"

namespace credence {

/// Rows [begin, end).
struct RowRange {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

/// How ranks share predictions: rows x draws. Each column of ranks has a part of the rows; its
/// ranks take draws of their own for all of these, and each owns a part of what comes out.
class RankGrid {
 public:
  /// With so many ranks to a column, a divisor of their number. Collective if there are several.
  RankGrid(Communicator& all, int groups);

  /// As many as the ranks allow, at most `most`, of those that leave every column a batch.
  static int groups(int ranks, std::int64_t batches, std::int64_t most);

  Communicator& column() { return column_ ? *column_ : *self_; }
  /// Whether this rank takes draw number `sample`.
  bool has(std::int64_t sample) const { return sample % groups_ == number_; }
  std::int64_t own_draws(std::int64_t samples) const {
    return (samples - number_ + groups_ - 1) / groups_;
  }
  /// Of so many rows those of this rank's column.
  RowRange column_rows(std::int64_t rows) const;
  /// Those of them that are this rank's own. Parts follow each other as the ranks do.
  RowRange own_rows(std::int64_t rows) const;

 private:
  int groups_;
  int number_;  // in its column
  int columns_, column_number_;
  std::unique_ptr<Communicator> column_;  // null: this rank alone
  std::unique_ptr<Communicator> self_;
};

}  // namespace credence
