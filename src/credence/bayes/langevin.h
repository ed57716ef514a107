#pragma once

#include <vector>

#include "credence/bayes/weight_prior.h"
#include "credence/optim/optimizer.h"

namespace credence {

struct LangevinOptions {
  double friction = 1.0;     ///< in (0, 1]: 1 is stochastic gradient Langevin dynamics
  double temperature = 1.0;  ///< 1: the posterior; less: a colder one; 0: no noise
  WeightPriorOptions prior{};
  std::int64_t examples = 1;  ///< N, of the training set
};

/// The steps of stochastic gradient Hamiltonian Monte Carlo on the posterior of N examples, with
/// learning rate l and the gradient g of the mean loss over a batch:
///
///   momentum = (1 - friction) * momentum - l * (g + precision * w / N)
///              + sqrt(2 * friction * l * temperature / N) * z,    z ~ N(0, 1)
///   w += momentum
///
/// With friction 1 these are stochastic gradient Langevin dynamics of step size 2 l / N. The noise
/// of the batch is not corrected for: the learning rate must be small.
///
/// State   <parameter>.momentum.
/// Noise   z: Stream::posterior by parameter and step, the same on every rank.
/// Source  Chen, Fox and Guestrin 2014, arXiv:1402.4102, equation 15; Welling and Teh 2011.
class Langevin : public Optimizer {
 public:
  /// ConfigError, naming the key, if an option is out of range.
  explicit Langevin(const LangevinOptions& options);

  /// Noise goes into the next steps, or (while a mode is looked for) does not.
  void set_noisy(bool noisy) { is_noisy_ = noisy; }

  std::string name() const override { return "langevin"; }
  void setup(std::span<Parameter* const> parameters) override;
  void begin_step(std::span<Parameter* const> parameters, double learning_rate,
                  const StepContext& context) override;
  void update(std::size_t parameter, std::int64_t begin, std::int64_t end) override;
  std::vector<NamedTensor> state() override { return momenta_; }

 private:
  LangevinOptions options_;
  WeightPrior prior_;
  bool is_noisy_ = true;
  std::vector<Parameter*> parameters_;
  std::vector<NamedTensor> momenta_;
  std::vector<Tensor> noise_;  // of the update under way
  double rate_ = 0, noise_scale_ = 0;
};

}  // namespace credence
