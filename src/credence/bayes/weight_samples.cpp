#include "credence/bayes/weight_samples.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/base/registry.h"
#include "credence/bayes/full_gaussian_samples.h"
#include "credence/bayes/gaussian_samples.h"
#include "credence/bayes/kronecker_samples.h"
#include "credence/bayes/stored_samples.h"

namespace credence {
namespace {

using Loader = std::unique_ptr<WeightSamples> (*)(const SavedState&, std::span<Parameter* const>);

template <class Samples>
std::unique_ptr<WeightSamples> load(const SavedState& state,
                                    std::span<Parameter* const> parameters) {
  return std::make_unique<Samples>(state, parameters);
}

template <class Samples>
std::pair<std::string, Loader> kind() {
  return {Samples::name, load<Samples>};
}

const Registry<Loader>& kinds() {
  static const Registry<Loader> table("kind of posterior", {
                                                               kind<StoredSamples>(),
                                                               kind<GaussianSamples>(),
                                                               kind<KroneckerSamples>(),
                                                               kind<FullGaussianSamples>(),
                                                           });
  return table;
}

}  // namespace

std::unique_ptr<WeightSamples> load_weight_samples(std::span<const NamedTensor> state,
                                                   std::span<Parameter* const> parameters) {
  if (state.empty()) return nullptr;
  const std::string& first = state[0].name;
  const std::string kind = first.substr(0, first.find('.'));
  require<DataError>(kinds().has(kind), "posterior: tensor \"", first, "\" is of no known kind");
  return kinds().find(kind)(SavedState(state, "posterior"), parameters);
}

SavedValues::SavedValues(std::span<Parameter* const> parameters)
    : parameters_(parameters.begin(), parameters.end()) {
  for (const Parameter* parameter : parameters) values_.push_back(parameter->value.clone());
}

void SavedValues::restore() const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i]->value.copy_from(values_[i]);
}

}  // namespace credence
