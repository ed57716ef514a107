#include "credence/scaling/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "credence/base/errors.h"
#include "credence/kernels/linear_algebra.h"

namespace credence {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Least squares, as sums: with the terms divided by their own lengths.
struct NormalEquations {
  explicit NormalEquations(const std::vector<Observation>& observations)
      : lengths(observations[0].terms.size()),
        gram(lengths.size(), Vector(lengths.size())),
        moment(lengths.size()) {
    for (const Observation& each : observations)
      for (std::size_t j = 0; j < lengths.size(); ++j)
        lengths[j] += std::pow(each.terms[j] / each.scale, 2);
    for (double& length : lengths) {
      require<InternalError>(length > 0, "regression: a term that is always zero");
      length = std::sqrt(length);
    }
    for (const Observation& each : observations) {
      const double value = each.value / each.scale;
      squares += value * value;
      for (std::size_t j = 0; j < lengths.size(); ++j) {
        const double term = each.terms[j] / each.scale / lengths[j];
        moment[j] += term * value;
        for (std::size_t k = 0; k < lengths.size(); ++k)
          gram[j][k] += term * each.terms[k] / each.scale / lengths[k];
      }
    }
  }

  double squared_error(const Vector& coefficients) const {
    double sum = squares;
    for (std::size_t j = 0; j < lengths.size(); ++j)
      sum += coefficients[j] * (dot(gram[j], coefficients) - 2 * moment[j]);
    return std::max(0.0, sum);
  }

  Vector lengths;
  std::vector<Vector> gram;
  Vector moment;
  double squares = 0;
};

/// The least squares without negative coefficients, by descent along one after the other.
Vector least_squares(const NormalEquations& equations) {
  constexpr int sweeps = 2000;
  Vector coefficients(equations.moment.size());
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (std::size_t j = 0; j < coefficients.size(); ++j) {
      const double slope = equations.moment[j] - dot(equations.gram[j], coefficients);
      coefficients[j] = std::max(0.0, coefficients[j] + slope);  // gram[j][j] is 1
    }
  return coefficients;
}

/// A direction in which the posterior is normal by itself, but for the bounds.
struct Axis {
  Vector direction;
  double curvature;  ///< of the squared error, halved
};

std::vector<Axis> axes_of(const NormalEquations& equations) {
  const std::size_t terms = equations.moment.size();
  const auto extent = static_cast<std::int64_t>(terms);
  Tensor gram({extent, extent}, DType::float64);
  for (std::size_t j = 0; j < terms; ++j)
    std::ranges::copy(equations.gram[j],
                      gram.span<double>().begin() + static_cast<std::ptrdiff_t>(j * terms));
  const SymmetricEigen eigen = symmetric_eigen(gram);
  std::vector<Axis> axes;
  for (std::size_t a = 0; a < terms; ++a) {
    Axis axis{.direction = Vector(terms), .curvature = eigen.values.span<double>()[a]};
    for (std::size_t j = 0; j < terms; ++j)
      axis.direction[j] = eigen.vectors.span<double>()[j * terms + a];
    constexpr double none = 1e-12;
    if (axis.curvature < none) axis.curvature = 0;
    axes.push_back(std::move(axis));
  }
  return axes;
}

struct Range {
  double low, high;
};

/// How far the coefficients can go along an axis until one of them is zero.
Range range_of(const Axis& axis, const Vector& coefficients) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  Range range{-infinite, infinite};
  for (std::size_t j = 0; j < coefficients.size(); ++j) {
    const double end = -coefficients[j] / axis.direction[j];
    if (axis.direction[j] > 0) range.low = std::max(range.low, end);
    if (axis.direction[j] < 0) range.high = std::min(range.high, end);
  }
  return range;
}

void move_along(const Axis& axis, const NormalEquations& equations, double variance,
                Vector& coefficients, RandomDraws& random) {
  Range range = range_of(axis, coefficients);
  const double level = -2 * std::log(random.uniform());
  if (axis.curvature > 0) {
    const double mean =
        dot(axis.direction, equations.moment) / axis.curvature - dot(axis.direction, coefficients);
    const double reach = std::sqrt(mean * mean + level * variance / axis.curvature);
    range = {std::max(range.low, mean - reach), std::min(range.high, mean + reach)};
  }
  const double step = std::lerp(range.low, range.high, random.uniform());
  for (std::size_t j = 0; j < coefficients.size(); ++j)
    coefficients[j] = std::max(0.0, coefficients[j] + step * axis.direction[j]);
}

}  // namespace

std::vector<RegressionDraw> nonnegative_regression(const std::vector<Observation>& observations,
                                                   const RegressionOptions& options,
                                                   RandomDraws& random) {
  require<InternalError>(!observations.empty(), "regression: no observation");
  const NormalEquations equations(observations);
  const std::vector<Axis> axes = axes_of(equations);
  const double prior = options.prior_sigma * options.prior_sigma;
  const auto freedom = static_cast<std::int64_t>(observations.size()) + 1;
  constexpr int warm_up = 100, moves_a_draw = 2;

  Vector coefficients = least_squares(equations);
  std::vector<RegressionDraw> draws;
  for (int i = -warm_up; i < options.draws; ++i) {
    const double variance =
        (equations.squared_error(coefficients) + prior) / random.chi_squared(freedom);
    for (int move = 0; move < moves_a_draw; ++move)
      for (const Axis& axis : axes) move_along(axis, equations, variance, coefficients, random);
    if (i < 0) continue;
    RegressionDraw draw{.coefficients = coefficients, .sigma = std::sqrt(variance)};
    for (std::size_t j = 0; j < coefficients.size(); ++j)
      draw.coefficients[j] /= equations.lengths[j];
    draws.push_back(std::move(draw));
  }
  return draws;
}

}  // namespace credence
