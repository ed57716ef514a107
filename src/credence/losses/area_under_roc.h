#pragma once

#include "credence/losses/metric.h"

namespace credence {

/// Area under the receiver operating characteristic: the probability that a random example of
/// outcome 1 scores higher than a random one of outcome 0, ties counting half. 0.5 is chance; NaN
/// unless there are examples of both.
///
///   auroc = (#[score of a 1 > score of a 0] + #[equal] / 2) / (ones * zeros)
///
/// Source  Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.
double area_under_roc(std::vector<ScoredExample> examples);

/// How well predictive entropy tells the examples whose most probable class is wrong: the area
/// under the ROC curve of that detection. NaN without errors, and with errors alone.
///
/// Errors  NumericalError for an entropy or a probability that is not a number; ShapeError if the
///         predictions hold no entropies.
class AreaUnderRoc final : public Metric {
 public:
  std::string name() const override { return "auroc"; }
  bool fits(Problem problem) const override { return problem == Problem::classification; }
  void update(const Predictions& predictions, const Tensor& target) override;
  std::span<double> sums() override { return {}; }
  std::vector<ScoredExample>* collected() override { return &examples_; }
  double value() const override { return area_under_roc(examples_); }

 private:
  std::vector<ScoredExample> examples_;  ///< entropy, and whether the prediction is wrong
};

}  // namespace credence
