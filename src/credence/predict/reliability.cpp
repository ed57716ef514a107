#include "credence/predict/reliability.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/losses/expected_calibration_error.h"
#include "credence/losses/top_class.h"

namespace credence {
namespace {

constexpr int levels = 19;

/// Six digits behind the point, or nothing for NaN.
std::string cell(double value) {
  if (std::isnan(value)) return "";
  std::array<char, 64> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 6);
  return {text.data(), end};
}

std::string line(std::initializer_list<std::string> cells) {
  return join(std::vector<std::string>(cells), ",") + '\n';
}

std::string whole(double count) {
  return std::to_string(static_cast<std::int64_t>(count));
}

}  // namespace

Interval wilson_interval(double successes, double trials) {
  if (trials == 0) return {0, 1};
  constexpr double z = 1.959963984540054;  // of 0.975
  const double share = successes / trials;
  const double centre = share + z * z / (2 * trials);
  const double half = z * std::sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
  const double scale = 1 + z * z / trials;
  // At no and at all successes an end is 0 or 1, but for rounding.
  return {successes == 0 ? 0 : std::max(0.0, (centre - half) / scale),
          successes == trials ? 1 : std::min(1.0, (centre + half) / scale)};
}

std::vector<ReliabilityBin> reliability_bins(const PredictedPart& part,
                                             Communicator& communicator) {
  constexpr int bins = ExpectedCalibrationError::bins;
  std::array<double, 3 * bins> sums{};  // by bin: examples, confidence, correct
  for (std::int64_t row = 0; row < part.end - part.begin; ++row) {
    const TopClass top = top_class("reliability", part.predictions, part.target, row);
    const int bin = ExpectedCalibrationError::bin_of(top.probability);
    sums[3 * bin] += 1;
    sums[3 * bin + 1] += top.probability;
    sums[3 * bin + 2] += top.correct ? 1 : 0;
  }
  communicator.sum(std::span<double>(sums));
  std::vector<ReliabilityBin> curve;
  for (int bin = 0; bin < bins; ++bin)
    curve.push_back({.lower = static_cast<double>(bin) / bins,
                     .upper = static_cast<double>(bin + 1) / bins,
                     .examples = sums[3 * bin],
                     .confidence = sums[3 * bin + 1],
                     .correct = sums[3 * bin + 2]});
  return curve;
}

std::vector<CoveragePoint> coverage_curve(const PredictedPart& part, Communicator& communicator) {
  const Tensor& pit = part.predictions.pit;
  require<ShapeError>(!pit.empty() || part.end == part.begin,
                      "coverage: the predictions have no density");
  std::array<double, levels + 1> sums{};  // targets inside, by level; all targets
  for (std::int64_t i = 0; i < pit.size(); ++i) {
    // Inside the central interval of probability c if (1 - c) / 2 <= F(target) <= (1 + c) / 2.
    const double reach = std::abs(2 * static_cast<double>(pit.data<float>()[i]) - 1);
    for (int level = 0; level < levels; ++level)
      if (reach <= (level + 1) / 20.0) sums[level] += 1;
    sums[levels] += 1;
  }
  communicator.sum(std::span<double>(sums));
  std::vector<CoveragePoint> curve;
  for (int level = 0; level < levels; ++level)
    curve.push_back({.nominal = (level + 1) / 20.0,
                     .empirical = sums[level] / sums[levels],
                     .targets = sums[levels]});
  return curve;
}

std::string reliability_csv(const std::vector<ReliabilityBin>& bins) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::string text =
      "lower,upper,examples,mean_confidence,accuracy,accuracy_lower,accuracy_upper\n";
  for (const ReliabilityBin& bin : bins) {
    const bool any = bin.examples > 0;
    const Interval interval =
        any ? wilson_interval(bin.correct, bin.examples) : Interval{none, none};
    text += line({cell(bin.lower), cell(bin.upper), whole(bin.examples),
                  cell(any ? bin.confidence / bin.examples : none),
                  cell(any ? bin.correct / bin.examples : none), cell(interval.lower),
                  cell(interval.upper)});
  }
  return text;
}

std::string reliability_csv(const std::vector<CoveragePoint>& curve) {
  std::string text = "nominal,empirical,targets\n";
  for (const CoveragePoint& point : curve)
    text += line({cell(point.nominal), cell(point.empirical), whole(point.targets)});
  return text;
}

}  // namespace credence
