#pragma once

#include "credence/inference/inference.h"

namespace credence {

struct EnsembleOptions {
  std::int64_t members = 5;

  template <class Visitor>
  void visit(Visitor& v) {
    v("members", members);
  }
};

/// Networks that differ in their initial weights and in the order of their batches, each trained by
/// itself: on groups of ranks at the same time, where there are ranks for it, else one after the
/// other. Their weights are the samples.
///
/// Source  Lakshminarayanan, Pritzel and Blundell 2017, arXiv:1612.01474, without adversarial
///         examples.
class Ensemble : public Inference {
 public:
  using Options = EnsembleOptions;
  /// ConfigError unless there are 2 to 65536 members.
  explicit Ensemble(const Options& options = {});

  std::string name() const override { return "ensemble"; }
  /// ConfigError if all members would be the same network.
  void check(const Training& training) const override;
  int ranks_a_network(int ranks) const override;
  Inferred run(const Training& training) override;

 private:
  Options options_;
};

}  // namespace credence
