#include "credence/predict/fit_calibration.h"

#include <iomanip>
#include <sstream>

#include "credence/base/errors.h"
#include "credence/comm/gather.h"
#include "credence/predict/conformal.h"
#include "credence/predict/temperature.h"

namespace credence {
namespace {

template <class... Parts>
std::string text_of(const Parts&... parts) {
  std::ostringstream text;
  text << std::setprecision(4);
  (text << ... << parts);
  return text.str();
}

FittedCalibration temperature_of(const Tensor& probabilities, const Tensor& target) {
  const TemperatureFit fit = fit_temperature(probabilities, target);
  const bool is_bound =
      fit.temperature <= Temperature::least || fit.temperature >= Temperature::most;
  return {std::make_unique<Temperature>(fit.temperature),
          text_of("temperature ", fit.temperature, is_bound ? " (the bound)" : "",
                  ", validation nll ", fit.nll_before, " -> ", fit.nll_after)};
}

FittedCalibration conformal_of(const Tensor& scores, double interval, bool has_sigma) {
  auto conformal = std::make_unique<Conformal>(scores, interval);
  std::ostringstream text;
  text << std::setprecision(4) << "conformal, " << 100 * interval << "% of " << scores.shape()[0]
       << " validation targets within";
  constexpr std::size_t most_told = 4;
  const std::span<const float> quantiles = conformal->quantiles();
  for (std::size_t i = 0; i < quantiles.size() && i < most_told; ++i)
    text << (i > 0 ? ", " : " ") << quantiles[i];
  text << (quantiles.size() > most_told ? ", ..." : "") << (has_sigma ? " sigma" : "")
       << " of the mean";
  return {std::move(conformal), text.str()};
}

}  // namespace

FittedCalibration fit_calibration(const CalibrationOptions& options, Predictor& predictor,
                                  const Dataset* validation, Communicator& communicator) {
  if (options.temperature)
    return {load_calibration(options, predictor.interval(), {}),
            text_of("temperature ", *options.temperature, ", as given")};
  if (options.calibration == CalibrationMethod::none) return {};
  require<InternalError>(validation != nullptr, "calibration: there is no validation set");
  options.check_examples(validation->size(), predictor.interval());
  const PredictedPart part = predictor.predict(*validation, communicator);
  const auto gather = [&](const Tensor& rows) {
    return gather_rows(rows, part.begin, validation->size(), communicator);
  };
  if (options.calibration == CalibrationMethod::temperature)
    return temperature_of(gather(part.predictions.mean), gather(part.target));
  return conformal_of(gather(Conformal::scores(part.predictions, part.target)),
                      predictor.interval(), !part.predictions.sigma.empty());
}

}  // namespace credence
