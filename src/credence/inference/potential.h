#pragma once

#include <vector>

#include "credence/bayes/weight_prior.h"
#include "credence/inference/inference.h"

namespace credence {

/// Sets all parameters, in a row, float32.
void set_values(std::span<const double> w, std::span<Parameter* const> parameters);

/// The negative log of the posterior density of a network's parameters, up to a constant:
///
///   U(w) = sum over examples of -log p(y_n | x_n, w)  +  sum over weights of w^2 / (2 sigma^2)
///
/// over the whole data set, which is kept in memory. Examples are worked on in pieces of `rows`,
/// each by one rank, and added in their order: the result is the same, bit for bit, on any number
/// of ranks.
class Potential {
 public:
  /// Reads the data.
  Potential(const Training& training, Communicator& communicator, const WeightPrior& prior,
            std::int64_t rows);

  /// Number of weights: w is all parameters in a row.
  std::int64_t size() const { return size_; }
  /// The prior's precision of each weight.
  std::span<const double> precision() const { return precision_; }
  /// The model's parameters as they are.
  std::vector<double> position() const;
  /// U(w), and its gradient. The model then has these weights. Collective.
  double evaluate(std::span<const double> w, std::span<double> gradient);
  /// Takes the numbers that the first rank has: they decide, and ranks whose processors round
  /// otherwise must not decide otherwise. Collective.
  void agree(std::span<double> numbers) { communicator_.broadcast(numbers, 0); }
  /// The first sum alone, of the last evaluate().
  double nll() const { return nll_; }
  std::int64_t examples() const { return examples_; }

 private:
  void add_piece(std::int64_t piece);

  Model& model_;
  Loss& loss_;
  Communicator& communicator_;
  std::int64_t size_ = 0, examples_, rows_, pieces_;
  std::vector<double> precision_;
  std::vector<Tensor> src_, target_;  // of this rank's pieces
  std::vector<double> sums_;          // by piece: nll and gradient
  double nll_ = 0;
};

}  // namespace credence
