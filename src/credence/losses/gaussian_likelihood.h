#pragma once

#include <optional>

#include "credence/losses/loss.h"

namespace credence {

struct GaussianLikelihoodOptions {
  std::optional<double> sigma{};  ///< of every target; none: the network predicts it
  bool learn_sigma = false;       ///< one for each target, beginning at `sigma`, or 1
  double min_sigma = 1e-3;        ///< of predicted and learned ones: none is less

  template <class Visitor>
  void visit(Visitor& v) {
    v("sigma", sigma);
    v("learn_sigma", learn_sigma);
    v("min_sigma", min_sigma);
  }
};

/// Negative log-likelihood of a regression's targets y, each N(mean, sigma^2) on its own:
///
///   loss = sum over rows and targets of (log(2 pi) / 2 + log sigma + ((y - mean) / sigma)^2 / 2)
///          / divisor
///
/// With a given sigma the output is the mean. Without, the output's first half is the mean, the
/// second half rho, and sigma = min_sigma + softplus(rho): how much targets scatter may differ from
/// example to example (heteroscedastic regression, Nix and Weigend 1994,
/// doi:10.1109/ICNN.1994.374138). With learn_sigma the output is the same, but a layer behind the
/// network gives the rhos, which are parameters: one for each target, alike for all examples.
///
/// Shapes  output [n, targets], or [n, 2 targets]; target [n, targets].
/// Units   sigmas: those that targets are given in, which are standardised where a data set says
///         so.
class GaussianLikelihood final : public Loss, private Density {
 public:
  using Options = GaussianLikelihoodOptions;
  /// ConfigError unless the sigmas are positive and finite, if min_sigma would do nothing, and if
  /// a learned sigma would begin below it.
  explicit GaussianLikelihood(const Options& options = {});

  std::string name() const override { return "gaussian"; }
  Problem problem() const override { return Problem::density_regression; }
  std::int64_t output_size(std::int64_t targets) const override;
  std::optional<double> learned_rho() const override;
  void setup(const Shape& output, const Shape& target, std::int64_t classes) override;
  double forward(const Tensor& output, const Tensor& target, double divisor,
                 Tensor* diff_output) const override;
  Shape prediction_shape(const Shape& output) const override;
  void predict(const Tensor& output, Tensor& prediction) const override;
  const Density* density() const override { return this; }

 private:
  void predict_variance(const Tensor& output, Tensor& variance) const override;
  void log_density(const Tensor& output, const Tensor& target,
                   std::span<double> log_density) const override;
  /// Whether the output holds rhos too.
  bool has_rhos() const { return !options_.sigma || options_.learn_sigma; }
  std::int64_t targets_of(const Tensor& output) const;
  template <class Figure>
  void write_rows(const Tensor& output, Tensor& to, Figure figure) const;

  Options options_;
};

}  // namespace credence
