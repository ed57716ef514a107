#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "credence/losses/problem.h"

namespace credence {

struct PredictOptions {
  std::int64_t samples = 30;           ///< draws; a network in which nothing is drawn takes one
  double tolerance = 0;                ///< of a mean, at which draws end; 0: all are taken
  std::int64_t sample_groups = 0;      ///< ranks that share the draws of the same rows; 0: as fits
  double interval = 0.9;               ///< probability between a regression's quantiles
  std::vector<std::string> metrics{};  ///< names of those to report beside the default ones

  /// ConfigError unless samples is in [1, 65536], 0 < interval < 1, 0 <= tolerance < 1 and
  /// sample_groups >= 0.
  void check() const;
  /// ConfigError if there is no scale for the tolerance.
  void check_fit(Problem problem) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("samples", samples);
    v("tolerance", tolerance);
    v("sample_groups", sample_groups);
    v("interval", interval);
    v("metrics", metrics);
  }
};

}  // namespace credence
