#pragma once

namespace credence {

/// What is kept of a random number's distribution.
struct NormalMoments {
  double mean = 0;
  double variance = 0;
};

/// The moments of max(0, x) for a normal x, and their derivatives by the moments of x.
struct ReluMoments {
  NormalMoments moments;
  double mean_by_mean, mean_by_variance;
  double variance_by_mean, variance_by_variance;
};

/// With a = mean / sigma, phi and Phi the standard normal's density and distribution function, and
/// h(a) = a Phi(a) + phi(a):
///
///   E[max(0, x)]   = sigma h(a)
///   Var[max(0, x)] = sigma^2 (Phi(a) - h(a) h(-a))
///
/// The derivatives are expectations again (by Bonnet's and Price's theorems), so that nothing is
/// divided by a small probability. A variance of 0 is the limit.
///
/// Source  Hernandez-Lobato and Adams 2015, arXiv:1502.05336, section 3, in other terms.
ReluMoments relu_moments(const NormalMoments& x);

}  // namespace credence
