#include "credence/bayes/stored_samples.h"

#include "credence/base/errors.h"

namespace credence {

StoredSamples::StoredSamples(const SavedState& state, std::span<Parameter* const> parameters) {
  for (const Parameter* parameter : parameters) {
    const std::string key = concat(name, ".", parameter->name);
    const Tensor all = state.take_rows(key, parameter->value.shape(), parameter->value.dtype());
    const auto count = static_cast<std::size_t>(all.shape()[0]);
    if (samples_.empty()) samples_.resize(count);
    require<DataError>(count > 0 && count == samples_.size(), "posterior: tensor \"", key,
                       "\": expected ", std::max<std::size_t>(1, samples_.size()), " samples, got ",
                       count);
    for (std::size_t i = 0; i < count; ++i)
      samples_[i].push_back(
          {parameter->name,
           all.rows(static_cast<std::int64_t>(i), 1).reshaped(parameter->value.shape())});
  }
}

void StoredSamples::add(std::span<Parameter* const> parameters) {
  std::vector<NamedTensor> sample;
  for (const Parameter* parameter : parameters)
    sample.push_back({parameter->name, parameter->value.clone()});
  samples_.push_back(std::move(sample));
}

void StoredSamples::write(std::int64_t sample, std::uint64_t /*seed*/,
                          std::span<Parameter* const> parameters) const {
  const std::vector<NamedTensor>& values = samples_.at(static_cast<std::size_t>(sample));
  require<InternalError>(values.size() == parameters.size(), "samples of ", values.size(),
                         " parameters for ", parameters.size());
  for (std::size_t i = 0; i < values.size(); ++i) parameters[i]->value.copy_from(values[i].tensor);
}

std::vector<NamedTensor> StoredSamples::state() const {
  std::vector<NamedTensor> state;
  for (std::size_t i = 0; !samples_.empty() && i < samples_[0].size(); ++i) {
    const NamedTensor& first = samples_[0][i];
    Tensor all(first.tensor.shape().prepend(size()), first.tensor.dtype());
    for (std::int64_t s = 0; s < size(); ++s)
      all.window(s * first.tensor.size(), first.tensor.shape())
          .copy_from(samples_[static_cast<std::size_t>(s)][i].tensor);
    state.push_back({concat(name, ".", first.name), all});
  }
  return state;
}

}  // namespace credence
