#pragma once

#include "credence/bayes/langevin.h"
#include "credence/inference/inference.h"

namespace credence {

/// What stochastic gradient Markov chains have in common.
struct CyclicalMcmcOptions {
  std::int64_t cycles = 4;
  std::int64_t samples_per_cycle = 5;
  double exploration = 0.5;  ///< share of a cycle, at its beginning, without noise or samples
  double temperature = 1.0;
  WeightPriorOptions prior;

  template <class Visitor>
  void visit(Visitor& v) {
    v("cycles", cycles);
    v("samples_per_cycle", samples_per_cycle);
    v("exploration", exploration);
    v("temperature", temperature);
    v("prior", prior);
  }
};

/// Stochastic gradient Langevin dynamics.
struct SgldOptions : CyclicalMcmcOptions {
  static constexpr const char* name = "sgld";
  static constexpr double friction = 1.0;
};

/// Stochastic gradient Hamiltonian Monte Carlo.
struct SghmcOptions : CyclicalMcmcOptions {
  static constexpr const char* name = "sghmc";
  double friction = 0.1;

  template <class Visitor>
  void visit(Visitor& v) {
    CyclicalMcmcOptions::visit(v);
    v("friction", friction);
  }
};

/// A Markov chain of Langevin's steps whose learning rate falls in each cycle from the recipe's to
/// nothing, by half a cosine. High rates find a mode; then noise is added and samples are kept,
/// evenly spread over the rest of the cycle. The epochs of the recipe are those of all cycles.
///
/// Source  Zhang et al. 2020, arXiv:1902.03932, algorithm 1.
class CyclicalMcmc : public Inference {
 public:
  /// ConfigError, naming the key, if an option is out of range.
  CyclicalMcmc(std::string name, const CyclicalMcmcOptions& options, double friction);

  std::string name() const override { return name_; }
  Steps steps() const override { return Steps::own_and_schedule; }
  /// ConfigError too if a cycle has fewer steps than samples.
  void check(const Training& training) const override;
  Inferred run(const Training& training) override;

 private:
  LangevinOptions langevin(std::int64_t examples) const;

  std::string name_;
  CyclicalMcmcOptions options_;
  double friction_;
};

/// CyclicalMcmc as a recipe names it.
template <class Kind>
class CyclicalMcmcOf final : public CyclicalMcmc {
 public:
  using Options = Kind;
  explicit CyclicalMcmcOf(const Options& options = {})
      : CyclicalMcmc(Kind::name, options, options.friction) {}
};

using Sgld = CyclicalMcmcOf<SgldOptions>;
using Sghmc = CyclicalMcmcOf<SghmcOptions>;

}  // namespace credence
