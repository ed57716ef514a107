#pragma once

#include "credence/bayes/saved_state.h"
#include "credence/bayes/weight_samples.h"

namespace credence {

/// Samples kept one by one: the members of an ensemble, the states of a Markov chain.
///
/// State  "stored.<parameter>" [samples, ...].
class StoredSamples : public WeightSamples {
 public:
  static constexpr const char* name = "stored";

  StoredSamples() = default;
  /// DataError as load_weight_samples.
  StoredSamples(const SavedState& state, std::span<Parameter* const> parameters);

  /// One more: the values that the parameters have now.
  void add(std::span<Parameter* const> parameters);
  /// One more, in the order of the parameters.
  void add(std::vector<NamedTensor> sample) { samples_.push_back(std::move(sample)); }

  std::string kind() const override { return name; }
  std::int64_t size() const override { return static_cast<std::int64_t>(samples_.size()); }
  bool varies(const Parameter& /*parameter*/) const override { return true; }
  void write(std::int64_t sample, std::uint64_t seed,
             std::span<Parameter* const> parameters) const override;
  std::vector<NamedTensor> state() const override;

 private:
  std::vector<std::vector<NamedTensor>> samples_;  // by sample, then by parameter
};

}  // namespace credence
