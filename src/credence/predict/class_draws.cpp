#include "credence/predict/class_draws.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "credence/kernels/parallel.h"

namespace credence {
namespace {

/// Room for what rounding does to probabilities.
constexpr double largest_probability = 1.5;

}  // namespace

float entropy(std::span<const float> probabilities) {
  double sum = 0;
  for (const float p : probabilities)
    if (p > 0) sum -= static_cast<double>(p) * std::log(static_cast<double>(p));
  return static_cast<float>(sum);
}

float negative_log(float probability) {
  return -std::log(std::max(probability, std::numeric_limits<float>::min()));
}

ClassDraws::ClassDraws(std::int64_t samples, std::int64_t rows, std::int64_t classes,
                       bool with_errors)
    : Draws(samples, rows),
      classes_(classes),
      probabilities_(rows * classes, samples, largest_probability),
      squares_(with_errors ? rows * classes : 0, samples,
               largest_probability * largest_probability),
      entropies_(rows, samples, 1 + std::log(static_cast<double>(classes))) {}

void ClassDraws::add(std::int64_t /*sample*/, std::int64_t first, const DrawnRows& drawn) {
  const std::int64_t rows = drawn.mean.shape()[0];
  const float* const probabilities = drawn.mean.data<float>();
  const bool with_squares = !squares_.empty();
  parallel_for(rows, row_pieces(32 * classes_), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      if (is_done(first + n)) continue;
      const float* const p = probabilities + n * classes_;
      const std::int64_t at = (first + n) * classes_;
      probabilities_.add(at, classes_, [p](std::int64_t i) { return static_cast<double>(p[i]); });
      if (with_squares)
        squares_.add(at, classes_,
                     [p](std::int64_t i) { return static_cast<double>(p[i]) * p[i]; });
      const float uncertainty = entropy({p, static_cast<std::size_t>(classes_)});
      entropies_.add(first + n, 1,
                     [uncertainty](std::int64_t) { return static_cast<double>(uncertainty); });
    }
  });
}

void ClassDraws::share(std::int64_t /*begin*/, std::int64_t /*end*/, Communicator& communicator) {
  for (ExactSums* sums : {&probabilities_, &squares_, &entropies_}) sums->share(communicator);
}

double ClassDraws::standard_error(std::int64_t row, std::int64_t count) const {
  const auto draws = static_cast<double>(count);
  double largest = 0;
  for (std::int64_t i = row * classes_; i < (row + 1) * classes_; ++i) {
    const double sum = probabilities_[i], mean = sum / draws;
    largest = std::max(largest, squares_[i] - sum * mean);
  }
  return std::sqrt(largest / (draws - 1) / draws);
}

void ClassDraws::finish(const FinishedRows& rows, Predictions& predictions) const {
  const std::int64_t shift = rows.to - rows.begin;
  parallel_for(
      rows.end - rows.begin, row_pieces(32 * classes_), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = rows.begin + begin; row < rows.begin + end; ++row) {
          const std::int64_t n = row + shift;
          const auto draws = static_cast<double>(taken(row));
          const auto mean = predictions.mean.span<float>().subspan(
              static_cast<std::size_t>(n * classes_), static_cast<std::size_t>(classes_));
          for (std::int64_t i = 0; i < classes_; ++i)
            mean[static_cast<std::size_t>(i)] =
                static_cast<float>(probabilities_[row * classes_ + i] / draws);
          const float uncertainty = entropy(mean);
          const auto expected = static_cast<float>(entropies_[row] / draws);
          predictions.predictive_entropy.data<float>()[n] = uncertainty;
          predictions.mutual_information.data<float>()[n] = std::max(0.0F, uncertainty - expected);
          const auto label = static_cast<std::size_t>(rows.target.span<float>()[row]);
          predictions.nll.data<float>()[n] = negative_log(mean[label]);
        }
      });
}

}  // namespace credence
