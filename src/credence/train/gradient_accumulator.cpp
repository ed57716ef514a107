#include "credence/train/gradient_accumulator.h"

#include <bit>

#include "credence/kernels/elementwise.h"

namespace credence {

GradientAccumulator::GradientAccumulator(const Tensor& gradients, int shards,
                                         std::int64_t micro_batches_of_shard)
    : gradients_(gradients) {
  if (micro_batches_of_shard > 1) sum_ = Tensor(gradients.shape(), gradients.dtype());
  for (int level = 0; level < std::countr_zero(static_cast<unsigned>(shards)); ++level)
    tree_.emplace_back(gradients.shape(), gradients.dtype());
}

void GradientAccumulator::add(const MicroBatch& part, std::int64_t offset, std::int64_t count) {
  Tensor gradients = gradients_.window(offset, {count});
  if (part.count > 1) {
    Tensor sum = sum_.window(offset, {count});
    if (!part.ends_shard())
      return copy(gradients, sum, part.index == 0 ? Write::overwrite : Write::add);
    copy(sum, gradients, Write::add);
  }
  std::size_t level = 0;
  for (; (part.shard >> level & 1) != 0; ++level)
    copy(tree_[level].window(offset, {count}), gradients, Write::add);
  if (part.is_last()) return;
  Tensor waiting = tree_[level].window(offset, {count});
  copy(gradients, waiting, Write::overwrite);
}

}  // namespace credence
