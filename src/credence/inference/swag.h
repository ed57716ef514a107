#pragma once

#include "credence/inference/inference.h"

namespace credence {

struct SwagOptions {
  double start = 0.5;            ///< share of the epochs before the first snapshot
  std::int64_t every_steps = 0;  ///< steps between snapshots; 0: an epoch
  std::int64_t rank = 20;        ///< deviations kept, of the last snapshots
  double scale = 1.0;            ///< of the covariance

  template <class Visitor>
  void visit(Visitor& v) {
    v("start", start);
    v("every_steps", every_steps);
    v("rank", rank);
    v("scale", scale);
  }
};

/// Stochastic weight averaging, Gaussian: a normal of the weights' snapshots along the path of SGD,
/// whose learning rate should stay high. Its mean is theirs; its covariance is, half and half,
/// their variances and that of the last `rank` deviations from the running mean.
///
/// Source  Maddox et al. 2019, arXiv:1902.02476, algorithm 1.
class Swag : public Inference {
 public:
  using Options = SwagOptions;
  /// ConfigError, naming the key, if an option is out of range.
  explicit Swag(const Options& options = {});

  std::string name() const override { return "swag"; }
  /// ConfigError too if there would be fewer than two snapshots.
  void check(const Training& training) const override;
  Inferred run(const Training& training) override;

 private:
  Options options_;
};

}  // namespace credence
