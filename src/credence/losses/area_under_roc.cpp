#include "credence/losses/area_under_roc.h"

#include <limits>

#include "credence/base/errors.h"
#include "credence/losses/checks.h"
#include "credence/losses/score_groups.h"
#include "credence/losses/top_class.h"
#include "credence/losses/uncertainty.h"

namespace credence {

double area_under_roc(std::vector<ScoredExample> examples) {
  double zeros = 0, ones = 0, ordered = 0;
  for_each_score(std::move(examples), [&](double, double count, double outcomes) {
    ordered += outcomes * (zeros + 0.5 * (count - outcomes));  // exact: halves of whole numbers
    zeros += count - outcomes;
    ones += outcomes;
  });
  if (zeros == 0 || ones == 0) return std::numeric_limits<double>::quiet_NaN();
  return ordered / (zeros * ones);
}

void AreaUnderRoc::update(const Predictions& predictions, const Tensor& target) {
  check_examples("auroc", predictions, target);
  for (std::int64_t row = 0; row < target.shape()[0]; ++row) {
    const double entropy = PredictiveEntropy::of_example(predictions, target, row);
    require<NumericalError>(entropy == entropy, "auroc: the predictive entropy of row ", row,
                            " is not a number");
    const TopClass top = top_class("auroc", predictions, target, row);
    examples_.push_back({.score = entropy, .outcome = top.correct ? 0.0 : 1.0});
  }
}

}  // namespace credence
