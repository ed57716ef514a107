// What a checkpoint says of a small network: its weights, their posterior, the data's units and the
// calibration. Inputs have no checksums, which no fuzzer would get right.

#include "fuzz/fuzz.h"

#include "credence/bayes/weight_samples.h"
#include "credence/checkpoint/checkpoint_folder.h"
#include "credence/data/saved_units.h"
#include "credence/predict/calibration.h"

using namespace credence;

namespace {

void use_posterior(std::span<const NamedTensor> state, std::span<Parameter* const> parameters) {
  const std::unique_ptr<WeightSamples> samples = load_weight_samples(state, parameters);
  if (!samples) return;
  samples->write(0, 1, parameters);
  load_weight_samples(samples->state(), parameters);  // what it would save is as good
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file({data, size});
  Parameter weight("a.weight", {2, 3}, DType::float32), bias("a.bias", {2}, DType::float32);
  Parameter other("b.weight", {5, 1}, DType::float32);
  Parameter *const parameters[] = {&weight, &bias, &other}, *const no_bias[] = {&weight, &other};
  std::vector<NamedTensor> values = named_values(parameters);
  file.is_accepted_by<DataError>([&] { load_training(file.path(), values, {}); });

  AuxiliaryTensors auxiliary;
  if (!file.is_accepted_by<DataError>([&] { auxiliary = load_weights(file.path(), values); }))
    return 0;
  fuzz::accepts<DataError>("posterior", [&] { use_posterior(auxiliary.posterior, parameters); });
  fuzz::accepts<DataError>("posterior", [&] { use_posterior(auxiliary.posterior, no_bias); });
  for (const auto method : {CalibrationMethod::temperature, CalibrationMethod::conformal})
    fuzz::accepts<DataError, ConfigError>("calibration", [&] {
      load_calibration({.calibration = method}, 0.5, auxiliary.calibration);
    });
  const auto like =
      std::make_shared<InMemoryDataset>("like", Tensor({2, 3}), Tensor({2, 2}), TargetInfo{});
  fuzz::accepts<DataError>("units", [&] { in_saved_units(like, auxiliary.data, "units"); });
  return 0;
}
