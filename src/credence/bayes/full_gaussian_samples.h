#pragma once

#include "credence/bayes/saved_state.h"
#include "credence/bayes/weight_samples.h"

namespace credence {

/// A normal of the weights with a covariance of its own for each pair:
///
///   w = mean + root z,    z ~ N(0, 1),    covariance = root root^T
///
/// Parameters that it does not know stay as they are.
///
/// State  "full_gaussian.mean.<parameter>" as the parameter; "full_gaussian.root.<parameter>",
///        the rows of its elements [elements, elements of all].
/// Noise  Stream::predict, one z for all; by sample.
class FullGaussianSamples : public WeightSamples {
 public:
  static constexpr const char* name = "full_gaussian";

  /// What is known of one parameter.
  struct Marginal {
    std::string parameter;
    Tensor mean;
    Tensor root;  ///< [elements, elements of all]
  };

  explicit FullGaussianSamples(std::vector<Marginal> marginals)
      : marginals_(std::move(marginals)) {}
  /// DataError as load_weight_samples.
  FullGaussianSamples(const SavedState& state, std::span<Parameter* const> parameters);

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
