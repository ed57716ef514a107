#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "credence/losses/problem.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// How the targets of a regression scatter around their mean, given a network's output.
class Density {
 public:
  virtual ~Density() = default;
  /// The variance of each target [n, targets].
  virtual void predict_variance(const Tensor& output, Tensor& variance) const = 0;
  /// The log of the density of each row's targets, nats.
  virtual void log_density(const Tensor& output, const Tensor& target,
                           std::span<double> log_density) const = 0;
};

/// The negative log-likelihood of targets given a network's output, and what the output predicts.
/// Runs in the type of the output: float32, or float64 for gradient checks. Targets are float32.
class Loss {
 public:
  virtual ~Loss() = default;

  virtual std::string name() const = 0;
  virtual Problem problem() const = 0;
  /// How many elements a network must give, for so many classes, or targets of a regression.
  virtual std::int64_t output_size(std::int64_t classes_or_targets) const {
    return classes_or_targets;
  }
  /// Where the rho of each target begins, if it is learned and not given by the network: the graph
  /// then gets a layer at its end that has it (layers/learned_sigma.h), and is the output of both.
  virtual std::optional<double> learned_rho() const { return std::nullopt; }
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
  /// Of a Problem::density_regression; null of others.
  virtual const Density* density() const { return nullptr; }
};

}  // namespace credence
