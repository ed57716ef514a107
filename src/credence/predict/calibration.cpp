#include "credence/predict/calibration.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/predict/conformal.h"
#include "credence/predict/temperature.h"

namespace credence {
namespace {

const Tensor& saved(std::span<const NamedTensor> state, const std::string& name,
                    CalibrationMethod method) {
  const auto found = std::ranges::find(state, name, &NamedTensor::name);
  require<ConfigError>(found != state.end(), "calibration: ", enum_name(method),
                       " is fitted in training, and this run was trained without: train it with "
                       "predict.calibration=",
                       enum_name(method), ", or use predict.calibration=none");
  return found->tensor;
}

double saved_temperature(std::span<const NamedTensor> state) {
  const Tensor& tensor = saved(state, "temperature", CalibrationMethod::temperature);
  const bool is_one = tensor.dtype() == DType::float64 && tensor.shape() == Shape{1};
  require<DataError>(is_one, "tensor \"calibration.temperature\": expected float64 [1], got ",
                     name_of(tensor.dtype()), " ", tensor.shape());
  const double value = tensor.data<double>()[0];
  require<DataError>(value > 0 && std::isfinite(value),
                     "tensor \"calibration.temperature\": expected a positive number, got ", value);
  return value;
}

const Tensor& saved_scores(std::span<const NamedTensor> state) {
  const Tensor& tensor = saved(state, "conformal_scores", CalibrationMethod::conformal);
  require<DataError>(tensor.dtype() == DType::float32 && tensor.shape().rank() == 2,
                     "tensor \"calibration.conformal_scores\": expected float32 [n, targets], got ",
                     name_of(tensor.dtype()), " ", tensor.shape());
  require<DataError>(tensor.shape()[1] > 0,
                     "tensor \"calibration.conformal_scores\": expected scores of targets, got ",
                     tensor.shape());
  for (const float score : tensor.span<float>())
    require<DataError>(std::isfinite(score),
                       "tensor \"calibration.conformal_scores\": expected finite numbers, got ",
                       score);
  return tensor;
}

}  // namespace

void CalibrationOptions::check() const {
  const double given = temperature.value_or(1);
  require<ConfigError>(given > 0 && std::isfinite(given),
                       "temperature: expected a positive number, got ", given);
  require<ConfigError>(!temperature || calibration == CalibrationMethod::none,
                       "temperature: ", given,
                       " is given, and calibration: ", enum_name(calibration),
                       " would fit one: remove one of the two");
}

void CalibrationOptions::check_fit(Problem problem) const {
  const bool of_classes = calibration == CalibrationMethod::temperature || temperature;
  require<ConfigError>(!of_classes || problem == Problem::classification,
                       temperature ? "temperature" : "calibration: temperature",
                       " is of class probabilities, and the problem is ", enum_name(problem),
                       ": its intervals take calibration: conformal");
  require<ConfigError>(calibration != CalibrationMethod::conformal || is_regression(problem),
                       "calibration: conformal is of the intervals of a regression, and the "
                       "problem is ",
                       enum_name(problem), ": its probabilities take calibration: temperature");
}

void CalibrationOptions::check_examples(std::int64_t count, double interval) const {
  if (calibration == CalibrationMethod::temperature)
    require<ConfigError>(
        count >= Temperature::least_examples, "calibration: a temperature fitted on ", count,
        " validation examples would follow their chance more than the network: expected ",
        Temperature::least_examples, " or more, by a larger data.validation_split");
  if (calibration == CalibrationMethod::conformal)
    require<ConfigError>(count >= Conformal::least_examples(interval), "interval: ", interval,
                         " takes ", Conformal::least_examples(interval),
                         " validation examples or more for calibration: conformal, got ", count,
                         ": a larger data.validation_split, or a smaller interval");
}

std::unique_ptr<Calibration> load_calibration(const CalibrationOptions& options, double interval,
                                              std::span<const NamedTensor> state) {
  if (options.temperature) return std::make_unique<Temperature>(*options.temperature);
  switch (options.calibration) {
    case CalibrationMethod::none:
      return nullptr;
    case CalibrationMethod::temperature:
      return std::make_unique<Temperature>(saved_temperature(state));
    case CalibrationMethod::conformal:
      return std::make_unique<Conformal>(saved_scores(state), interval);
  }
  throw InternalError("calibration: unknown method");
}

}  // namespace credence
