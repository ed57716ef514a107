#pragma once

#include "credence/distributions/cross_entropy.h"

namespace credence {

struct LaplaceOptions {
  double mean = 0.0;
  double scale = 1.0;  ///< the mean distance from `mean`

  template <class Visitor>
  void visit(Visitor& v) {
    v("mean", mean);
    v("scale", scale);
  }
};

/// The density exp(-|w - mean| / scale) / (2 scale): weights that are far off cost less than under
/// a Gaussian, small ones more, which makes posteriors sparser. Under a normal the mean of
/// |w - mean| is that of a folded normal (Leone, Nelson and Nottingham 1961), so nothing is drawn.
class Laplace {
 public:
  using Options = LaplaceOptions;
  /// ConfigError unless mean is finite and scale positive and finite.
  explicit Laplace(const LaplaceOptions& options);

  void cross_entropy(const CrossEntropyBlock<float>& block, const KlNoise& noise) const;
  void cross_entropy(const CrossEntropyBlock<double>& block, const KlNoise& noise) const;

  /// log p(w).
  double log_density(double w) const;

 private:
  LaplaceOptions options_;
};

}  // namespace credence
