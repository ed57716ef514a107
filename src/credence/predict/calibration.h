#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "credence/base/enum_names.h"
#include "credence/losses/metric.h"
#include "credence/tensor/parameter.h"

namespace credence {

/// What predictions are put right by, fitted on validation data.
enum class CalibrationMethod { none, temperature, conformal };
inline EnumNames<CalibrationMethod> enum_names(CalibrationMethod) {
  static constexpr EnumName<CalibrationMethod> names[] = {
      {CalibrationMethod::none, "none"},
      {CalibrationMethod::temperature, "temperature"},
      {CalibrationMethod::conformal, "conformal"}};
  return names;
}

struct CalibrationOptions {
  CalibrationMethod calibration = CalibrationMethod::none;
  std::optional<double> temperature{};  ///< of class probabilities, instead of a fitted one

  /// ConfigError unless the temperature is positive and finite, and nothing else is asked for.
  void check() const;
  /// ConfigError if it is for another kind of problem.
  void check_fit(Problem problem) const;
  /// ConfigError unless so many validation examples are enough for intervals of this probability.
  void check_examples(std::int64_t count, double interval) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("calibration", calibration);
    v("temperature", temperature);
  }
};

/// Puts predictions right that are too sure of themselves, or not sure enough.
class Calibration {
 public:
  virtual ~Calibration() = default;

  /// Changes predictions, in the targets' own units.
  virtual void apply(Predictions& predictions, const Tensor& target) const = 0;
  /// Whether it gives intervals to predictions of a problem that has none.
  virtual bool gives_intervals() const { return false; }
  /// All that must be saved.
  virtual std::vector<NamedTensor> state() const = 0;
};

/// What the options ask for, with what was fitted and saved as this state(); null if they ask for
/// nothing.
///
/// Errors  ConfigError if nothing was saved, or not enough for the interval; DataError, naming the
///         tensor, what was expected and what came, if it cannot be used.
std::unique_ptr<Calibration> load_calibration(const CalibrationOptions& options, double interval,
                                              std::span<const NamedTensor> state);

}  // namespace credence
