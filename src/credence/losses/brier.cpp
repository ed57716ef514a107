#include "credence/losses/brier.h"

#include "credence/losses/top_class.h"

namespace credence {

double Brier::of_example(const Predictions& predictions, const Tensor& target, std::int64_t row) {
  const std::int64_t classes = predictions.mean.shape().row_size();
  const float* p = predictions.mean.data<float>() + row * classes;
  const std::int64_t label = target_class(name, predictions, target, row);
  double sum = 0;
  for (std::int64_t k = 0; k < classes; ++k) {
    const double error = static_cast<double>(p[k]) - (k == label ? 1 : 0);
    sum += error * error;
  }
  return sum;
}

}  // namespace credence
