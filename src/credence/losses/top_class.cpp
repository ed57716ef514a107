#include "credence/losses/top_class.h"

#include "credence/base/errors.h"
#include "credence/losses/checks.h"

namespace credence {

std::int64_t target_class(std::string_view where, const Predictions& predictions,
                          const Tensor& target, std::int64_t row) {
  require<ShapeError>(target.size() == target.shape()[0], where,
                      ": the target must be one class index an example, got shape ",
                      target.shape());
  return class_label(where, target.data<float>()[row], row, predictions.mean.shape().row_size());
}

TopClass top_class(std::string_view where, const Predictions& predictions, const Tensor& target,
                   std::int64_t row) {
  const std::int64_t classes = predictions.mean.shape().row_size();
  const float* p = predictions.mean.data<float>() + row * classes;
  const std::int64_t label = target_class(where, predictions, target, row);
  std::int64_t best = 0;
  for (std::int64_t k = 0; k < classes; ++k) {
    require<NumericalError>(p[k] == p[k], where, ": the probability of class ", k, " of row ", row,
                            " is not a number");
    if (p[k] > p[best]) best = k;
  }
  return {.probability = static_cast<double>(p[best]), .correct = best == label};
}

}  // namespace credence
