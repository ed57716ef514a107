#pragma once

#include <array>

#include "credence/model/model.h"
#include "credence/predict/predictor.h"

namespace credence {

/// Takes weights out of a network, those that matter least first, and puts them back when it goes.
///
/// With posteriors their weights go by |mu| / sigma, over all layers: mu = 0 and sigma = 0. Those
/// without a posterior stay. A deterministic network's go by |w|, biases stay. Every rank takes out
/// the same ones.
///
/// Source  Graves 2011, "Practical variational inference for neural networks", section 5; Blundell
///         et al. 2015, arXiv:1505.05424, section 5.1.
class Pruner {
 public:
  explicit Pruner(Model& model);
  ~Pruner();
  Pruner(const Pruner&) = delete;
  Pruner& operator=(const Pruner&) = delete;

  std::int64_t weights() const { return static_cast<std::int64_t>(order_.size()); }
  /// Takes out that share of the weights, in [0, 1], whatever was out before. Returns their number.
  std::int64_t prune(double share);

 private:
  struct Group {
    Parameter* values;  // mu, or the weights
    Parameter* rho;     // null of a deterministic network
    Tensor kept_values, kept_rho;
  };
  struct Place {
    double importance;
    std::uint32_t group;
    std::uint32_t element;
  };

  void restore();

  std::vector<Group> groups_;
  std::vector<Place> order_;
};

struct PruningPoint {
  double share = 0;
  std::int64_t removed = 0;
  std::vector<NamedValue> values;  ///< of evaluate()
};

inline constexpr std::array<double, 7> pruning_shares{0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98};

/// How the model that `predictor` is for predicts the data when these shares are out. Leaves it as
/// it was. Collective.
std::vector<PruningPoint> pruning_curve(Model& model, Predictor& predictor, const Dataset& dataset,
                                        Communicator& communicator,
                                        std::span<const double> shares = pruning_shares);

}  // namespace credence
