#pragma once

#include "credence/base/enum_names.h"

namespace credence {

/// How the learning rate follows the number of ranks when each brings a batch of its own.
enum class RankScaling {
  none,    ///< as given, whatever the number of ranks
  linear,  ///< times ranks: k steps on batches of n do about what one does on k n, with warm-up
           ///< (Goyal et al. 2017, arXiv:1706.02677)
  sqrt,    ///< times the root of ranks: keeps the variance of the step (Krizhevsky 2014,
           ///< arXiv:1404.5997); the usual choice for Adam
};

inline EnumNames<RankScaling> enum_names(RankScaling) {
  static constexpr EnumName<RankScaling> names[] = {
      {RankScaling::none, "none"}, {RankScaling::linear, "linear"}, {RankScaling::sqrt, "sqrt"}};
  return names;
}

/// What the learning rate is multiplied by on `ranks` ranks; 1 on one rank by any rule.
double learning_rate_scale(RankScaling rule, int ranks);

}  // namespace credence
