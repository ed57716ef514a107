#pragma once

#include <cstdint>

#include "credence/data/dataset.h"

namespace credence {

/// How many handwritten-looking digits to make, and from which seed.
struct DigitsOptions {
  std::uint64_t seed = 0;
  std::int64_t train_count = 60000;
  std::int64_t test_count = 10000;

  template <class Visitor>
  void visit(Visitor& v) {
    v("seed", seed);
    v("train_count", train_count);
    v("test_count", test_count);
  }
};

/// The procedural data set "digits": images [28, 28, 1] of the ten digits, white on black, made of
/// stroke skeletons in several writing styles that are jittered, bent by a smooth random field,
/// sheared, turned and scaled, then drawn by a pen of random width. It needs no file.
///
/// Images are held as uint8 and read as value / 255; the target is the digit. Of every ten
/// consecutive examples each digit is one. A linear softmax stays below 0.93 test accuracy, a small
/// convolutional network passes 0.98 in five epochs.
///
/// Noise   Stream::noise under the name "digits": step is the part (0 train, 1 test), example the
///         index. An example depends on seed, part and index alone. Only operations that IEEE 754
///         rounds exactly are used, so the bytes are the same on every machine.
/// Errors  ConfigError if a count is below 1 or above 2^31.
DataSplits make_digits(const DigitsOptions& options = {});

}  // namespace credence
