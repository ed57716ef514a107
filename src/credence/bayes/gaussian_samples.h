#pragma once

#include "credence/bayes/saved_state.h"
#include "credence/bayes/weight_samples.h"

namespace credence {

/// A normal of the weights with a diagonal and, if there are deviations, a low-rank part:
///
///   w = mean + sigma * z + sum over k of deviation_k * y_k,    z, y ~ N(0, 1)
///
/// so that the covariance is diag(sigma^2) + sum over k of deviation_k deviation_k^T. Parameters
/// that it does not know stay as they are.
///
/// State  "gaussian.mean.<parameter>", "gaussian.sigma.<parameter>" as the parameter;
///        "gaussian.deviations.<parameter>" [k, ...].
/// Noise  Stream::predict: z by parameter, y for all alike; by sample.
class GaussianSamples : public WeightSamples {
 public:
  static constexpr const char* name = "gaussian";

  /// What is known of one parameter.
  struct Marginal {
    std::string parameter;
    Tensor mean, sigma;
    Tensor deviations{};  ///< [k, ...]; empty: none
  };

  explicit GaussianSamples(std::vector<Marginal> marginals) : marginals_(std::move(marginals)) {}
  /// DataError as load_weight_samples.
  GaussianSamples(const SavedState& state, std::span<Parameter* const> parameters);

  const std::vector<Marginal>& marginals() const { return marginals_; }

  std::string kind() const override { return name; }
  bool varies(const Parameter& parameter) const override { return find(parameter) != nullptr; }
  void write(std::int64_t sample, std::uint64_t seed,
             std::span<Parameter* const> parameters) const override;
  std::vector<NamedTensor> state() const override;

 private:
  const Marginal* find(const Parameter& parameter) const;

  std::vector<Marginal> marginals_;
};

}  // namespace credence
