#pragma once

#include "credence/bayes/ivon.h"
#include "credence/inference/inference.h"

namespace credence {

/// Trains by Ivon, whose posterior is the result.
class IvonInference : public Inference {
 public:
  using Options = IvonOptions;
  /// ConfigError as Ivon.
  explicit IvonInference(const Options& options = {}) : options_(options) { Ivon(options, 1); }

  std::string name() const override { return "ivon"; }
  Steps steps() const override { return Steps::own_optimizer; }
  void check(const Training& training) const override;
  Inferred run(const Training& training) override;

 private:
  Options options_;
};

}  // namespace credence
