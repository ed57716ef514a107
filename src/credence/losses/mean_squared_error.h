#pragma once

#include "credence/losses/loss.h"

namespace credence {

struct MeanSquaredErrorOptions {
  template <class Visitor>
  void visit(Visitor&) {}
};

/// Squared error of a regression, averaged over the targets of an example.
///
///   loss = sum over rows of mean over targets of (output - target)^2 / divisor
///
/// This is the plain figure of regression, not a log-likelihood: that of a Gaussian of unit
/// variance is half its sum over targets, plus a constant. The output is itself the prediction.
///
/// Shapes  output [n, targets], float32 or float64; target [n, targets].
/// Units   the targets', squared.
class MeanSquaredError final : public Loss {
 public:
  using Options = MeanSquaredErrorOptions;

  explicit MeanSquaredError(const Options& = {}) {}

  std::string name() const override { return "mean_squared_error"; }
  Problem problem() const override { return Problem::regression; }
  void setup(const Shape& output, const Shape& target, std::int64_t classes) override;
  double forward(const Tensor& output, const Tensor& target, double divisor,
                 Tensor* diff_output) const override;
  void predict(const Tensor& output, Tensor& prediction) const override;
};

}  // namespace credence
