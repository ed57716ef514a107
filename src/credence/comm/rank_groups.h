#pragma once

#include <memory>

#include "credence/comm/communicator.h"

namespace credence {

/// Ranks in groups of equal size, of which each works on other members of something: networks of an
/// ensemble, Markov chains. Group g has the members g, g + groups, g + 2 groups, ...
class RankGroups {
 public:
  /// As many groups as there can be: the largest divisor of the ranks that is not above `members`.
  /// Collective.
  RankGroups(Communicator& all, std::int64_t members);

  static int count(int ranks, std::int64_t members);

  int count() const { return count_; }
  /// Of this rank's group.
  Communicator& group() { return group_ ? *group_ : all_; }
  bool has(std::int64_t member) const { return member % count_ == number_; }
  /// The first rank of all that has the member.
  int root_of(std::int64_t member) const {
    return static_cast<int>(member % count_) * (all_.size() / count_);
  }

 private:
  Communicator& all_;
  int count_, number_;
  std::unique_ptr<Communicator> group_;  // null: there is one group
};

}  // namespace credence
