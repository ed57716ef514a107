#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "credence/losses/metric.h"

namespace credence {

/// Calls visit(score, count, outcomes) for each score that occurs, from the lowest up, with the
/// number of examples that have it and the sum of their outcomes: the same whatever their order.
template <class Visitor>
void for_each_score(std::vector<ScoredExample> examples, Visitor&& visit) {
  std::ranges::sort(examples, {}, &ScoredExample::score);
  for (std::size_t i = 0; i < examples.size();) {
    const double score = examples[i].score;
    double count = 0, outcomes = 0;
    for (; i < examples.size() && examples[i].score == score; ++i) {
      count += 1;
      outcomes += examples[i].outcome;
    }
    visit(score, count, outcomes);
  }
}

}  // namespace credence
