#pragma once

#include "credence/predict/draws.h"
#include "credence/predict/exact_sums.h"

namespace credence {

/// Of a classification: the mean of the probabilities, its entropy, and that of the draws. Sums are
/// exact, so that nothing is kept of a single draw.
class ClassDraws final : public Draws {
 public:
  /// Standard errors only if they are asked for: they take sums of squares.
  ClassDraws(std::int64_t samples, std::int64_t rows, std::int64_t classes, bool with_errors);

  void add(std::int64_t sample, std::int64_t first, const DrawnRows& drawn) override;
  void share(std::int64_t begin, std::int64_t end, Communicator& communicator) override;
  void finish(const FinishedRows& rows, Predictions& predictions) const override;

 private:
  double standard_error(std::int64_t row, std::int64_t count) const override;

  std::int64_t classes_;
  ExactSums probabilities_;  // [rows, classes]
  ExactSums squares_;        // the same, or none
  ExactSums entropies_;      // [rows]
};

/// Entropy of a row of probabilities, nats.
float entropy(std::span<const float> probabilities);
/// -log of a probability, nats: of the smallest normal number if it is less.
float negative_log(float probability);

}  // namespace credence
