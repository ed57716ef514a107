#pragma once

#include "credence/data/dataset.h"

namespace credence {

/// A training set in two: what is trained on, and what is held out, which may be null.
struct ValidationSplit {
  std::shared_ptr<const Dataset> training;
  std::shared_ptr<const Dataset> validation;
};

/// Holds out a share of the examples, rounded to whole ones, drawn at random: files are often
/// sorted. With a share of 0 it is the data set as it is.
///
/// Noise   a permutation under Stream::shuffle of "validation": the same on every rank.
/// Errors  ConfigError if one of the parts would have no example.
ValidationSplit split_validation(const std::shared_ptr<const Dataset>& whole, double share,
                                 std::uint64_t seed);

}  // namespace credence
