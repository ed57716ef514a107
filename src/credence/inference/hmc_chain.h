#pragma once

#include <vector>

#include "credence/inference/potential.h"
#include "credence/inference/step_size.h"

namespace credence {

struct HmcChainOptions {
  std::uint64_t seed = 1;
  std::int64_t warmup = 500;
  std::int64_t leapfrog_steps = 50;
  double target_acceptance = 0.8;
};

/// One Markov chain of Hamiltonian Monte Carlo. See HamiltonianMonteCarlo.
class HmcChain {
 public:
  /// Begins where the model is. NumericalError if the potential is not finite there. Collective.
  HmcChain(Potential& potential, const HmcChainOptions& options);

  /// One trajectory, accepted or not. Collective.
  void step();

  const std::vector<double>& position() const { return now_.w; }
  double energy() const { return now_.energy; }  ///< the potential's
  double nll() const { return now_.nll; }
  double acceptance() const { return acceptance_; }  ///< probability, of the last trajectory
  bool is_divergent() const { return divergent_; }   ///< whether its energy ran away
  double step_size() const { return step_size_; }
  std::int64_t gradients() const { return gradients_; }  ///< taken so far

 private:
  struct State {
    std::vector<double> w, gradient;
    double energy = 0, nll = 0;
  };

  void evaluate(State& state);
  double kinetic(std::span<const double> momentum) const;
  /// Runs `next` and `momentum` along; false if the energy runs away.
  bool run(State& next, std::vector<double>& momentum, std::int64_t steps, double energy);
  void adapt();
  double find_first_step();
  double uniform(const char* what) const;

  Potential& potential_;
  HmcChainOptions options_;
  State now_;
  std::vector<double> variance_;  // of each weight: the inverse of its mass
  // Running mean and sum of squared departures of the window.
  std::vector<double> mean_, squares_;
  std::int64_t in_window_ = 0, window_ = 0, next_window_ = 0;
  StepSize adapter_;
  double step_size_ = 0;
  double acceptance_ = 0;
  bool divergent_ = false;
  std::int64_t trajectories_ = 0, gradients_ = 0;
};

}  // namespace credence
