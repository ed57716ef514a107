#pragma once

#include "credence/predict/predictor.h"

namespace credence {

struct FittedCalibration {
  std::unique_ptr<Calibration> calibration;  ///< null: none was asked for
  std::string text;                          ///< a line that tells it
};

/// Fits what the options ask for to the predictions of a validation set; a temperature that is
/// given needs no fit. The same on every rank, bit for bit, and on any number of them. Collective.
///
/// Errors  ConfigError for too few examples; NumericalError if predictions are not finite.
FittedCalibration fit_calibration(const CalibrationOptions& options, Predictor& predictor,
                                  const Dataset* validation, Communicator& communicator);

}  // namespace credence
