#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "credence/losses/problem.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// The negative log-likelihood of targets given a network's output, and what the output predicts.
/// Runs in the type of the output: float32, or float64 for gradient checks. Targets are float32.
class Loss {
 public:
  virtual ~Loss() = default;

  virtual std::string name() const = 0;
  virtual Problem problem() const { return Problem::classification; }
  /// How many elements an output must have, for so many classes, or targets of a regression.
  virtual std::int64_t output_size(std::int64_t classes_or_targets) const {
    return classes_or_targets;
  }
  /// Checks that the output and target of one example fit. `classes` is the data set's number of
  /// classes, 0 for regression. ShapeError, naming the loss, if not.
  virtual void setup(const Shape& output, const Shape& target, std::int64_t classes) = 0;
  /// The sum over the rows of the negative log-likelihood, divided by `divisor`. The gradient with
  /// respect to the output is written to `diff_output` unless it is null.
  virtual double forward(const Tensor& output, const Tensor& target, double divisor,
                         Tensor* diff_output) const = 0;
  /// Whether the output holds probabilities, as after a softmax layer.
  virtual bool takes_probabilities() const { return false; }
  /// The shape of one example's prediction, for an output of this shape.
  virtual Shape prediction_shape(const Shape& output) const { return output; }
  /// Class probabilities [n, classes], or the predicted mean [n, targets].
  virtual void predict(const Tensor& output, Tensor& prediction) const = 0;

  // For Problem::density_regression alone; others throw an InternalError.

  /// The variance of each target around its mean [n, targets].
  virtual void predict_variance(const Tensor& output, Tensor& variance) const;
  /// The log of the density of each row's target, nats.
  virtual void log_density(const Tensor& output, const Tensor& target,
                           std::span<double> log_density) const;
};

}  // namespace credence
