#pragma once

#include <cmath>
#include <optional>

#include "credence/inference/pbp_moments.h"

namespace credence {

/// Gamma(shape, rate): what is known of a precision.
struct GammaBelief {
  double shape = 6;
  double rate = 6;

  /// E[1 / precision].
  double expected_variance() const { return rate / (shape - 1); }

  template <class Visitor>
  void visit(Visitor& v) {
    v("shape", shape);
    v("rate", rate);
  }
};

/// How likely a number is, and by how much that grows with the moments of the prediction.
struct TargetEvidence {
  double log = 0;
  double by_mean = 0;
  double by_variance = 0;
};

/// Of the number x that scatters around a prediction with an unknown precision. The marginal, a
/// Student t beside the prediction's own scatter, is taken for the normal of the same variance:
///
///   Z = N(x | prediction.mean, prediction.variance + E[1 / precision])
///
/// Source  Hernandez-Lobato and Adams 2015, arXiv:1502.05336, section 3.
TargetEvidence evidence(double x, const NormalMoments& prediction, const GammaBelief& precision);

/// A normal w after a factor of which Z is the normalisation (Minka 2001, hdl:1721.1/86583);
/// none if no normal has these moments.
///
///   mean = m + v d log Z / dm,   variance = v - v^2 ((d log Z / dm)^2 - 2 d log Z / dv)
inline std::optional<NormalMoments> updated(const NormalMoments& w, double log_z_by_mean,
                                            double log_z_by_variance) {
  constexpr double least = 1e-100;  // so that a precision is finite
  const double v = w.variance;
  const NormalMoments moments{
      .mean = w.mean + v * log_z_by_mean,
      .variance = v - v * v * (log_z_by_mean * log_z_by_mean - 2 * log_z_by_variance)};
  if (!(moments.variance > least) || !std::isfinite(moments.variance + moments.mean)) return {};
  return moments;
}

/// The belief after x was seen: the Gamma with its mean and variance under the tilted distribution,
/// that is, from Z with a shape greater by 0, 1 and 2. None if there is no such Gamma.
///
/// Source  Hernandez-Lobato and Adams 2015, section 3.
std::optional<GammaBelief> updated(const GammaBelief& precision, double x,
                                   const NormalMoments& prediction);

}  // namespace credence
