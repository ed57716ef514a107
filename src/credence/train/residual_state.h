#pragma once

#include "credence/comm/gradient_buckets.h"
#include "credence/train/stateful.h"

namespace credence {

/// What the error feedback of compressed sums keeps on each rank, saved with a training.
///
/// `compression.residual` [ranks, gradients] has that of every rank, so that as many ranks go on to
/// the same bits. Another number of ranks shares the rows out, and a single rank drops them, with a
/// warning. Where the rows would take more than `most_bytes`, their sum is saved as one: nothing
/// but bits are lost then.
class ResidualState final : public Stateful {
 public:
  ResidualState(GradientBuckets& buckets, Communicator& communicator,
                std::size_t most_bytes = std::size_t{256} << 20)
      : buckets_(buckets), communicator_(communicator), most_bytes_(most_bytes) {}

  /// On rank 0; the others give it theirs. Collective.
  std::vector<NamedTensor> state() const override;
  void restore(std::int64_t step, const SavedState& state) override;

 private:
  /// `own` is of this rank.
  Tensor rows_of_ranks(std::span<float> own) const;
  Tensor sum_of_ranks(std::span<const float> own) const;

  GradientBuckets& buckets_;
  Communicator& communicator_;
  std::size_t most_bytes_;
};

}  // namespace credence
