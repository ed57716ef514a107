#pragma once

#include <algorithm>

#include "credence/bayes/weight_prior.h"
#include "credence/inference/inference.h"

namespace credence {

struct HmcOptions {
  std::int64_t chains = 4;
  std::int64_t warmup = 500;   ///< trajectories of each chain that adapt it and are not kept
  std::int64_t samples = 500;  ///< trajectories of each chain after those
  std::int64_t thin = 5;       ///< one of so many is kept
  std::int64_t leapfrog_steps = 50;
  double target_acceptance = 0.8;
  WeightPriorOptions prior;
  std::int64_t rows = 1024;  ///< of the data, worked on by one rank at once

  template <class Visitor>
  void visit(Visitor& v) {
    v("chains", chains);
    v("warmup", warmup);
    v("samples", samples);
    v("thin", thin);
    v("leapfrog_steps", leapfrog_steps);
    v("target_acceptance", target_acceptance);
    v("prior", prior);
    v("rows", rows);
  }
};

/// Hamiltonian Monte Carlo over all parameters of a small network, with the whole data set in every
/// gradient: samples of its very posterior, for as long as the chains mix.
///
/// A trajectory has leapfrog_steps / 2 to leapfrog_steps steps. While a chain warms up, dual
/// averaging finds the step size, and the variances of its weights, taken over windows that double,
/// become the inverse of the mass. Chains run on groups of ranks. Each begins where its own
/// training, as the recipe says, has led: at initial weights with train.epochs = 0.
///
/// Noise   Stream::posterior of the chain's seed: "momentum", "acceptance", "length", by
/// trajectory. Source  Neal 2011, arXiv:1206.1901; Hoffman and Gelman 2014, arXiv:1111.4246;
/// windows as in Stan.
class HamiltonianMonteCarlo : public Inference {
 public:
  using Options = HmcOptions;
  /// ConfigError if an option is out of range.
  explicit HamiltonianMonteCarlo(const Options& options = {});

  std::string name() const override { return "hmc"; }
  void check(const Training& training) const override;
  /// Every rank of a chain trains its first network by itself, so that all chains begin alike on
  /// any number of ranks.
  int ranks_a_network(int /*ranks*/) const override { return 1; }
  std::int64_t rows_at_once(std::int64_t of_training) const override {
    return std::max(of_training, options_.rows);
  }
  bool can_go_on() const override { return false; }
  Inferred run(const Training& training) override;

 private:
  Options options_;
  WeightPrior prior_;
};

}  // namespace credence
