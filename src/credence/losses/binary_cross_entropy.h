#pragma once

#include "credence/losses/loss.h"

namespace credence {

struct BinaryCrossEntropyOptions {
  template <class Visitor>
  void visit(Visitor&) {}
};

/// Negative log-likelihood of one of two classes, given the logit z of class 1.
///
///   loss = sum over rows of (softplus(z) - label * z) / divisor
///
/// Predicts the probabilities of both classes, 1 - sigmoid(z) and sigmoid(z), so that metrics need
/// not know which loss was used.
///
/// Shapes  output [n, 1], float32 or float64; target [n, 1], 0 or 1; prediction [n, 2].
/// Units   nats.
/// Errors  DataError, naming row and label, for a label that is neither 0 nor 1.
class BinaryCrossEntropy final : public Loss, private FisherRoot {
 public:
  using Options = BinaryCrossEntropyOptions;

  explicit BinaryCrossEntropy(const Options& = {}) {}

  std::string name() const override { return "binary_cross_entropy"; }
  Problem problem() const override { return Problem::classification; }
  std::int64_t output_size(std::int64_t /*classes*/) const override { return 1; }
  void setup(const Shape& output, const Shape& target, std::int64_t classes) override;
  double forward(const Tensor& output, const Tensor& target, double divisor,
                 Tensor* diff_output) const override;
  Shape prediction_shape(const Shape& /*output*/) const override { return {2}; }
  void predict(const Tensor& output, Tensor& prediction) const override;
  const FisherRoot* fisher() const override { return this; }

 private:
  std::int64_t fisher_columns(const Shape& /*output*/) const override { return 1; }
  void write_fisher_column(const Tensor& output, std::int64_t column, Tensor& root) const override;
};

}  // namespace credence
