#include "credence/predict/temperature.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "credence/base/errors.h"
#include "credence/kernels/parallel_sum.h"
#include "credence/predict/class_draws.h"

namespace credence {
namespace {

/// Of the smallest normal number if it is less, as in negative_log.
double log_probability(float p) {
  return std::log(static_cast<double>(std::max(p, std::numeric_limits<float>::min())));
}

/// The nll of an example and its derivatives by the inverse temperature.
struct Slope {
  double nll = 0, first = 0, second = 0;
};

Slope slope_of(std::span<const double> logs, std::size_t label, double inverse) {
  const double largest = *std::ranges::max_element(logs);
  double sum = 0, weighted = 0, squares = 0;
  for (const double log : logs) {
    const double distance = log - largest, weight = std::exp(inverse * distance);
    sum += weight;
    weighted += weight * distance;
    squares += weight * distance * distance;
  }
  const double mean = weighted / sum, own = logs[label] - largest;
  return {.nll = std::log(sum) - inverse * own,
          .first = mean - own,
          .second = squares / sum - mean * mean};
}

/// The mean of a figure of each example's slope.
template <class Figure>
double mean_of(const Tensor& logs, const Tensor& target, double inverse, Figure figure) {
  const std::int64_t rows = logs.shape()[0], classes = logs.shape().row_size();
  const double sum =
      parallel_sum(rows, row_pieces(32 * classes).least, [&](std::int64_t begin, std::int64_t end) {
        double of_piece = 0;
        for (std::int64_t n = begin; n < end; ++n)
          of_piece += figure(
              slope_of({logs.data<double>() + n * classes, static_cast<std::size_t>(classes)},
                       static_cast<std::size_t>(target.data<float>()[n]), inverse));
        return of_piece;
      });
  return sum / static_cast<double>(rows);
}

}  // namespace

void Temperature::apply(Predictions& predictions, const Tensor& target) const {
  const std::int64_t classes = predictions.mean.shape().row_size();
  parallel_for(target.shape()[0], row_pieces(64 * classes),
               [&](std::int64_t begin, std::int64_t end) {
                 std::vector<double> powers(static_cast<std::size_t>(classes));
                 for (std::int64_t n = begin; n < end; ++n) {
                   const auto mean = predictions.mean.span<float>().subspan(
                       static_cast<std::size_t>(n * classes), static_cast<std::size_t>(classes));
                   const double largest = log_probability(*std::ranges::max_element(mean));
                   double sum = 0;
                   for (std::size_t k = 0; k < mean.size(); ++k) {
                     powers[k] = std::exp((log_probability(mean[k]) - largest) / temperature_);
                     sum += powers[k];
                   }
                   for (std::size_t k = 0; k < mean.size(); ++k)
                     mean[k] = static_cast<float>(powers[k] / sum);
                   predictions.predictive_entropy.data<float>()[n] = entropy(mean);
                   const auto label = static_cast<std::size_t>(target.span<float>()[n]);
                   predictions.nll.data<float>()[n] = negative_log(mean[label]);
                 }
               });
}

std::vector<NamedTensor> Temperature::state() const {
  Tensor value({1}, DType::float64);
  value.fill(temperature_);
  return {{"temperature", value}};
}

/// The nll is convex in 1/T: Newton's method on its slope, kept between bounds that close in.
TemperatureFit fit_temperature(const Tensor& probabilities, const Tensor& target) {
  Tensor logs(probabilities.shape(), DType::float64);
  for (std::int64_t i = 0; i < probabilities.size(); ++i) {
    const float p = probabilities.data<float>()[i];
    require<NumericalError>(std::isfinite(p),
                            "calibration: the probabilities of validation example ",
                            i / probabilities.shape().row_size(), " are not finite");
    logs.data<double>()[i] = log_probability(p);
  }
  const auto mean = [&](double inverse, double Slope::*figure) {
    return mean_of(logs, target, inverse, [figure](const Slope& slope) { return slope.*figure; });
  };
  double low = 1 / Temperature::most, high = 1 / Temperature::least, inverse = 1;
  if (mean(low, &Slope::first) >= 0) inverse = high = low;
  if (mean(high, &Slope::first) <= 0) inverse = low = high;
  for (int step = 0; step < 100 && high - low > 1e-12 * high; ++step) {
    const double first = mean(inverse, &Slope::first);
    (first > 0 ? high : low) = inverse;
    const double newton = inverse - first / mean(inverse, &Slope::second);
    if (std::abs(newton - inverse) <= 1e-12 * inverse) break;
    inverse = newton > low && newton < high ? newton : 0.5 * (low + high);
  }
  return {.temperature = 1 / inverse,
          .nll_before = mean(1, &Slope::nll),
          .nll_after = mean(inverse, &Slope::nll)};
}

}  // namespace credence
