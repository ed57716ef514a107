#pragma once

#include "credence/train/summed_update.h"

namespace credence {

/// A rank takes steps by the gradients of its own part of the batches alone; after so many, and at
/// the end of an epoch, the weights of the ranks are averaged: posteriors as average_posteriors
/// says, other weights and the optimizer's state by their means.
///
/// A rank's loss is divided by its share of the global batch, the same for all however ragged the
/// parts are: the mean of the ranks' gradients is then that of the whole batch, and plain gradient
/// descent, averaged after every step, would be the synchronous one.
///
/// Source  Stich 2019, arXiv:1805.09767; with momenta averaged too, Yu, Jin and Yang 2019,
///         arXiv:1905.03817; after synchronous steps, Lin et al. 2020, arXiv:1808.07217.
class LocalUpdate final : public WeightUpdate {
 public:
  LocalUpdate(const TrainerParts& parts, const WeightUpdateOptions& options);

  bool is_local(std::uint64_t step) const override;
  bool ranks_meet(std::uint64_t step) const override;
  double examples(const StepContext& context) const override;
  double share_of_figures(std::uint64_t step) const override;

  GradientBuckets& buckets() override { return steps_.buckets(); }
  void begin_pass(const StepContext& context) override;
  void add(std::size_t offset, std::size_t count) override;
  void finish_gradients() override;
  double move(double kl_scale, double learning_rate, const StepContext& context) override;
  std::vector<NamedTensor> state() override { return steps_.state(); }
  void restore(const std::function<void(std::span<NamedTensor>)>& load) override {
    steps_.restore(load);
  }

 private:
  void average_weights();
  void average_state();

  Model& model_;
  SummedUpdate steps_;
  std::uint64_t local_steps_, local_after_, steps_per_epoch_;
  int ranks_;
  bool is_local_ = false;  // the step under way
};

}  // namespace credence
