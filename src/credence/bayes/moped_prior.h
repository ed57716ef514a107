#pragma once

#include "credence/bayes/prior.h"

namespace credence {

struct MopedOptions {
  double sigma = 1.0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("sigma", sigma);
  }
};

/// N(w, sigma^2) for every weight, w being the weight that the training begins with: one trained
/// without a posterior. The KL is in closed form.
///
/// Errors  ConfigError unless sigma is positive, and from the KL of a posterior without a centre.
/// Source  Krishnan et al. 2020, arXiv:1906.05323 (MOPED).
class MopedPrior : public Prior {
 public:
  using Options = MopedOptions;
  explicit MopedPrior(const MopedOptions& options = {});

  double kl(const MeanFieldGaussian& posterior, const StepContext& context) const override;
  double add_kl_gradient(MeanFieldGaussian& posterior, const KlGradient& wanted,
                         const StepContext& context, const ElementsDone& added) const override;
  void log_density(const MeanFieldGaussian& posterior, std::span<const double> weights,
                   std::span<double> log_density) const override;
  bool is_centred() const override { return true; }

 private:
  MopedOptions options_;
};

}  // namespace credence
