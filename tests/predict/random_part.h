#pragma once

#include <cmath>

#include "support/random_tensor.h"

#include "credence/losses/categorical_cross_entropy.h"
#include "credence/predict/predictor.h"

namespace credence::test {

/// What rank `rank` of `ranks` would hold of a made-up classification: random probabilities of
/// three classes, classes and uncertainties.
inline PredictedPart random_part(std::int64_t examples, int rank = 0, int ranks = 1) {
  PredictedPart whole{.begin = examples * rank / ranks, .end = examples * (rank + 1) / ranks};
  Predictions& all = whole.predictions;
  all.mean = Tensor({examples, 3});
  CategoricalCrossEntropy().predict(random_tensor({examples, 3}, DType::float32, "logits"),
                                    all.mean);
  all.predictive_entropy = random_tensor({examples}, DType::float32, "entropy");
  all.mutual_information = random_tensor({examples}, DType::float32, "information");
  all.nll = random_tensor({examples}, DType::float32, "nll");
  for (float& entropy : all.predictive_entropy.span<float>())
    entropy = std::round(8 * entropy) / 8;  // with ties
  whole.target = Tensor({examples, 1});
  for (std::int64_t n = 0; n < examples; ++n)
    whole.target.span<float>()[n] = static_cast<float>(n * 5 % 7 % 3);
  all = rows_of(all, whole.begin, whole.end - whole.begin);
  whole.target = whole.target.rows(whole.begin, whole.end - whole.begin);
  return whole;
}

}  // namespace credence::test
