#pragma once

#include <vector>

#include "credence/comm/sharded_sum.h"
#include "credence/model/model.h"

namespace credence {

/// Elements of `whole` before `part`, which shares its memory.
std::size_t offset_in(const Tensor& whole, const Tensor& part);

/// How the elements of a model's parameters are shared out among ranks: of each parameter a rank
/// has one range, which begins where a thread's work could; mu and rho of a weight are the same
/// rank's. Parameters too small to be cut go round.
class ElementShares {
 public:
  ElementShares(const Model& model, int ranks);

  /// By the numbers of the parameters.
  const std::vector<WeightRange>& of_rank(int rank) const {
    return shares_[static_cast<std::size_t>(rank)];
  }
  /// The same of the model's gradients, all of them: what lies between parameters is anybody's.
  std::vector<OwnedPiece> pieces() const { return pieces_; }

 private:
  std::vector<std::vector<WeightRange>> shares_;  // by rank
  std::vector<OwnedPiece> pieces_;
};

}  // namespace credence
