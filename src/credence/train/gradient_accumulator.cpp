#include "credence/train/gradient_accumulator.h"

#include "credence/kernels/elementwise.h"

namespace credence {

GradientAccumulator::GradientAccumulator(const Tensor& gradients, std::int64_t micro_batches)
    : gradients_(gradients) {
  if (micro_batches > 1) sum_ = Tensor(gradients.shape(), gradients.dtype());
}

void GradientAccumulator::add(const MicroBatch& part, std::int64_t offset, std::int64_t count) {
  if (part.count == 1) return;
  Tensor gradients = gradients_.window(offset, {count}), sum = sum_.window(offset, {count});
  if (part.is_last())
    copy(sum, gradients, Write::add);
  else
    copy(gradients, sum, part.is_first() ? Write::overwrite : Write::add);
}

}  // namespace credence
