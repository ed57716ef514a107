#include "credence/losses/accuracy.h"

#include "credence/losses/top_class.h"

namespace credence {

double Accuracy::of_example(const Predictions& predictions, const Tensor& target,
                            std::int64_t row) {
  return top_class(name, predictions, target, row).correct ? 1 : 0;
}

}  // namespace credence
