#pragma once

#include <vector>

namespace credence {

/// The evidence p(data) by Laplace's method, as a function of how much the prior's precision P is
/// scaled. With w the weights at the maximum a posteriori and l the eigenvalues of P^-1/2 H P^-1/2:
///
///   log p(data) = log p(data | w) - scale w^T P w / 2
///                 + sum over weights of log(scale / (l + scale)) / 2
///
/// Units   nats.
/// Source  MacKay 1992, doi:10.1162/neco.1992.4.3.448.
struct Evidence {
  double log_likelihood = 0;
  double squares = 0;  ///< w^T P w
  std::vector<double> eigenvalues{};

  double log_evidence(double scale) const;
  /// How many weights the data determine: the sum of l / (l + scale).
  double effective_weights(double scale) const;
  /// Where log_evidence is largest; there effective_weights = scale * squares. It has one maximum,
  /// which may lie at 0 or infinity: the scale is in [1e-12, 1e12].
  double best_scale() const;
};

}  // namespace credence
