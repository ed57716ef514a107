#pragma once

#include "credence/losses/loss.h"

namespace credence {

struct CategoricalCrossEntropyOptions {
  bool from_logits = true;  ///< false: the output holds probabilities, as after a softmax layer

  template <class Visitor>
  void visit(Visitor& v) {
    v("from_logits", from_logits);
  }
};

/// Negative log-likelihood of one of several classes.
///
///   loss = sum over rows of -log p[label] / divisor,   p = softmax(output)
///
/// From probabilities, p = max(output, 1e-7), not renormalised; below that floor the gradient is
/// the one at the floor, so that a class given up can come back. Logits lead to finite losses
/// however large they are, and are the better choice.
///
/// Shapes  output [n, classes], float32 or float64; target [n, 1], class indices.
/// Units   nats.
/// Errors  DataError, naming row and label, for a label that is no class.
class CategoricalCrossEntropy final : public Loss, private FisherRoot {
 public:
  using Options = CategoricalCrossEntropyOptions;
  static constexpr double probability_floor = 1e-7;

  explicit CategoricalCrossEntropy(const Options& options = {}) : options_(options) {}

  std::string name() const override { return "categorical_cross_entropy"; }
  Problem problem() const override { return Problem::classification; }
  bool takes_probabilities() const override { return !options_.from_logits; }
  void setup(const Shape& output, const Shape& target, std::int64_t classes) override;
  double forward(const Tensor& output, const Tensor& target, double divisor,
                 Tensor* diff_output) const override;
  void predict(const Tensor& output, Tensor& prediction) const override;
  const FisherRoot* fisher() const override { return this; }

 private:
  std::int64_t fisher_columns(const Shape& output) const override { return output.size(); }
  void write_fisher_column(const Tensor& output, std::int64_t column, Tensor& root) const override;

  Options options_;
};

}  // namespace credence
