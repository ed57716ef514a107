#pragma once

#include <vector>

#include "credence/bayes/gaussian_samples.h"
#include "credence/bayes/weight_prior.h"
#include "credence/optim/optimizer.h"

namespace credence {

struct IvonOptions {
  double beta1 = 0.9;            ///< decay of the gradient's mean, in [0, 1)
  double beta2 = 0.99999;        ///< decay of the Hessian's, in [0, 1)
  double initial_hessian = 1.0;  ///< above 0
  WeightPriorOptions prior;

  template <class Visitor>
  void visit(Visitor& v) {
    v("beta1", beta1);
    v("beta2", beta2);
    v("initial_hessian", initial_hessian);
    v("prior", prior);
  }
};

/// Improved variational online Newton: an optimizer that is variational inference. Its posterior is
/// N(m, sigma^2), sigma^2 = 1 / (N (h + d)), for N training examples and a prior of precision N d.
/// For step t = 1, 2, ..., with the gradient g of the mean loss at one draw w = m + sigma * eps,
/// the same on every rank:
///
///   curvature = g * eps / sigma
///   gradient_mean = beta1 * gradient_mean + (1 - beta1) * g
///   h = beta2 * h + (1 - beta2) * curvature + (1 - beta2)^2 / 2 * (h - curvature)^2 / (h + d)
///   m -= rate * (gradient_mean / (1 - beta1^t) + d * m) / (h + d)
///
/// with rate = learning_rate * (initial_hessian + d), so that learning rates are those of SGD at
/// the start. Between steps the parameters are m.
///
/// State   <parameter>.gradient_mean, <parameter>.hessian; the count t is the trainer's step.
/// Noise   eps: Stream::posterior by parameter and step.
/// Source  Shen et al. 2024, arXiv:2402.17641, algorithm 1.
class Ivon : public Optimizer {
 public:
  /// ConfigError, naming the key, if an option is out of range.
  Ivon(const IvonOptions& options, std::int64_t examples);

  std::string name() const override { return "ivon"; }
  void setup(std::span<Parameter* const> parameters) override;
  void begin_pass(std::span<Parameter* const> parameters, const StepContext& context) override;
  void begin_step(std::span<Parameter* const> parameters, double learning_rate,
                  const StepContext& context) override;
  void update(std::size_t parameter, std::int64_t begin, std::int64_t end) override;
  std::vector<NamedTensor> state() override;

  /// The posterior that it has come to; the parameters are its mean.
  std::vector<GaussianSamples::Marginal> posterior(std::span<Parameter* const> parameters) const;

 private:
  struct Slot {
    Tensor gradient_mean, hessian;
    Tensor mean, departure;  ///< of the pass under way: m, and sigma * eps
    float decay = 0;         ///< d
  };
  float sigma(const Slot& slot, std::int64_t i) const;

  IvonOptions options_;
  WeightPrior prior_;
  double examples_;
  std::vector<Parameter*> parameters_;
  std::vector<Slot> slots_;
  float rate_ = 0, debias_ = 1;
};

}  // namespace credence
