#pragma once

#include "credence/inference/curvature.h"
#include "credence/inference/inference.h"

namespace credence {

/// Which layers have a posterior; the others stay at their maximum a posteriori.
enum class LaplaceLayers { all, last };

inline EnumNames<LaplaceLayers> enum_names(LaplaceLayers) {
  static constexpr EnumName<LaplaceLayers> names[] = {{LaplaceLayers::all, "all"},
                                                      {LaplaceLayers::last, "last"}};
  return names;
}

struct LaplaceApproximationOptions {
  CurvatureStructure structure = CurvatureStructure::kronecker;
  LaplaceLayers layers = LaplaceLayers::last;
  WeightPriorOptions prior;
  bool tune_prior = true;           ///< scale the prior to where the evidence is largest
  std::int64_t fisher_samples = 0;  ///< backward passes a batch; 0: one for each output

  template <class Visitor>
  void visit(Visitor& v) {
    v("structure", structure);
    v("layers", layers);
    v("prior", prior);
    v("tune_prior", tune_prior);
    v("fisher_samples", fisher_samples);
  }
};

/// Laplace's approximation: the network is trained to its maximum a posteriori, and its posterior
/// taken for the normal there whose precision is the generalised Gauss-Newton matrix of the
/// training data plus the prior's.
///
/// The weights are those for the prior as given; where it is tuned, it is so for the normal and the
/// evidence alone, without training again.
///
/// Figures  log_evidence, in nats, of the weights that have a posterior, the others taken as given;
///          prior_sigma, as tuned; effective_weights, as Evidence.
/// Source   MacKay 1992, doi:10.1162/neco.1992.4.3.448; Ritter, Botev and Barber 2018; Daxberger et
///          al. 2021, arXiv:2106.14806.
class LaplaceApproximation : public Inference {
 public:
  using Options = LaplaceApproximationOptions;
  /// ConfigError for a prior that is none, or a negative number of samples.
  explicit LaplaceApproximation(const Options& options = {});

  std::string name() const override { return "laplace"; }
  void check(const Training& training) const override;
  Inferred run(const Training& training) override;

 private:
  Options options_;
  WeightPrior prior_;
};

}  // namespace credence
