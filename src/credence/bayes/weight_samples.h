#pragma once

#include <memory>
#include <string>
#include <vector>

#include "credence/tensor/parameter.h"

namespace credence {

/// A posterior over a network's parameters as a stream of samples: what a method of inference found
/// beside the parameters' own values. What layers draw themselves (variational layers, dropout) is
/// not in it, and goes on top.
class WeightSamples {
 public:
  virtual ~WeightSamples() = default;

  /// "stored": begins the names of its tensors.
  virtual std::string kind() const = 0;
  /// How many samples there are; 0: as many as one likes.
  virtual std::int64_t size() const { return 0; }
  /// Whether this parameter differs from sample to sample.
  virtual bool varies(const Parameter& parameter) const = 0;
  /// Sets the parameters that vary to sample number `sample`: a pure function of seed and sample,
  /// the same on every rank (Stream::predict).
  virtual void write(std::int64_t sample, std::uint64_t seed,
                     std::span<Parameter* const> parameters) const = 0;
  /// All that must be saved, as "<kind>.<what>.<parameter>", sharing memory where it can.
  virtual std::vector<NamedTensor> state() const = 0;
};

/// The samples that were saved as this state(), for these parameters; null if there is none.
/// DataError, naming the tensor, what was expected and what came, if it does not fit them.
std::unique_ptr<WeightSamples> load_weight_samples(std::span<const NamedTensor> state,
                                                   std::span<Parameter* const> parameters);

/// The values of parameters, to be put back.
class SavedValues {
 public:
  explicit SavedValues(std::span<Parameter* const> parameters);
  void restore() const;

 private:
  std::vector<Parameter*> parameters_;
  std::vector<Tensor> values_;
};

}  // namespace credence
