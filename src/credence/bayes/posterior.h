#pragma once

#include "credence/layers/initializer.h"
#include "credence/layers/layer.h"

namespace credence {

/// An independent normal for every weight: N(mu, sigma^2), sigma = softplus(rho) = log(1 +
/// exp(rho)).
struct MeanFieldGaussian {
  std::string name;  ///< of the weight: "conv1.weight"; keys the draws
  Parameter mu;
  Parameter rho;
  Tensor centre;  ///< of a prior that is_centred(); none of others, nor where none is trained

  MeanFieldGaussian() = default;
  MeanFieldGaussian(const std::string& weight_name, const Shape& shape, DType dtype);

  /// mu as the initializer draws it, sigma everywhere `sigma`.
  void initialize(Initializer initializer, double sigma, std::uint64_t seed);
  /// mu zero, as biases begin.
  void initialize_at_zero(double sigma);
};

/// One draw of a posterior's departure from its mean, sigma * eps, and the way back to rho.
class Perturbation {
 public:
  void setup(const Shape& shape, DType dtype);
  /// eps: the draw of this step (Stream::posterior), or predictive draw number context.sample
  /// (Stream::predict). The last one stays if the context says to reuse weights.
  void draw(const MeanFieldGaussian& posterior, const StepContext& context);
  /// sigma * eps.
  const Tensor& value() const { return value_; }
  /// rho's gradient from that of sigma * eps: diff * eps * d sigma / d rho.
  void backward(const Tensor& diff_value, MeanFieldGaussian& posterior) const;

 private:
  Tensor eps_;
  Tensor value_;
};

}  // namespace credence
