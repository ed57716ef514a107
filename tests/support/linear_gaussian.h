#pragma once

#include <cmath>
#include <memory>
#include <numbers>
#include <utility>
#include <vector>

#include "credence/data/dataset.h"
#include "credence/layers/dense.h"
#include "credence/model/graph_spec.h"
#include "credence/random/noise.h"

namespace credence::test {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;  // by row

/// L with L L^T = a.
inline Matrix cholesky(const Matrix& a) {
  Matrix l(a.size(), Vector(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= l[i][k] * l[j][k];
      l[i][j] = i == j ? std::sqrt(sum) : sum / l[j][j];
    }
  return l;
}

/// x with L L^T x = b.
inline Vector solve(const Matrix& l, Vector b) {
  for (std::size_t i = 0; i < b.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= l[i][k] * b[k];
    b[i] /= l[i][i];
  }
  for (std::size_t i = b.size(); i-- > 0;) {
    for (std::size_t k = i + 1; k < b.size(); ++k) b[i] -= l[k][i] * b[k];
    b[i] /= l[i][i];
  }
  return b;
}

inline double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Bayesian linear regression, of which all is known in closed form: y = x . w + noise, with
/// weights w ~ N(0, prior_sigma^2), the last of which is a bias, and noise ~ N(0, sigma^2). Inputs,
/// true weights and noise are drawn under the seed. Source: Bishop 2006, section 3.3.
struct LinearGaussian {
  double sigma = 0.5, prior_sigma = 1;
  Matrix x;  // with a last column of ones
  Vector y, truth;
  Vector mean;  // of the posterior
  Matrix precision, covariance;

  explicit LinearGaussian(std::uint64_t seed, std::size_t rows = 20, std::size_t inputs = 2) {
    const std::size_t size = inputs + 1;
    const auto normals = [&](const char* name, std::size_t count) {
      Vector drawn(count);
      fill_normal(std::span(drawn), noise_key(seed, Stream::noise, name), {});
      for (double& value : drawn) value = static_cast<float>(value);  // as the network sees it
      return drawn;
    };
    const Vector inputs_drawn = normals("inputs", rows * inputs), noise = normals("targets", rows);
    truth = normals("truth", size);
    for (double& weight : truth) weight *= prior_sigma;
    for (std::size_t n = 0; n < rows; ++n) {
      Vector row(inputs_drawn.begin() + static_cast<std::ptrdiff_t>(n * inputs),
                 inputs_drawn.begin() + static_cast<std::ptrdiff_t>((n + 1) * inputs));
      row.push_back(1);
      if (inputs > 1) row[1] += 0.5 * row[0];  // so that weights are correlated
      for (double& value : row) value = static_cast<float>(value);
      y.push_back(static_cast<float>(dot(row, truth) + sigma * noise[n]));
      x.push_back(row);
    }
    precision.assign(size, Vector(size));
    Vector right(size);
    for (std::size_t i = 0; i < size; ++i) {
      precision[i][i] = 1 / (prior_sigma * prior_sigma);
      for (std::size_t n = 0; n < rows; ++n) {
        right[i] += x[n][i] * y[n] / (sigma * sigma);
        for (std::size_t j = 0; j < size; ++j)
          precision[i][j] += x[n][i] * x[n][j] / (sigma * sigma);
      }
    }
    const Matrix l = cholesky(precision);
    mean = solve(l, right);
    for (std::size_t i = 0; i < size; ++i) {
      Vector unit(size);
      unit[i] = 1;
      covariance.push_back(solve(l, unit));
    }
  }

  std::size_t size() const { return mean.size(); }

  /// log p(y): of N(0, sigma^2 + prior_sigma^2 x x^T).
  double log_evidence() const {
    Matrix c(y.size(), Vector(y.size()));
    for (std::size_t i = 0; i < y.size(); ++i)
      for (std::size_t j = 0; j < y.size(); ++j)
        c[i][j] = prior_sigma * prior_sigma * dot(x[i], x[j]) + (i == j ? sigma * sigma : 0);
    const Matrix l = cholesky(c);
    double log_root = 0;
    for (std::size_t i = 0; i < y.size(); ++i) log_root += std::log(l[i][i]);
    return -dot(y, solve(l, y)) / 2 - log_root -
           static_cast<double>(y.size()) * std::log(2 * std::numbers::pi) / 2;
  }

  /// Variance of x . w under the posterior.
  double variance(const Vector& at) const {
    double sum = 0;
    for (std::size_t i = 0; i < at.size(); ++i) sum += at[i] * dot(covariance[i], at);
    return sum;
  }

  std::shared_ptr<const Dataset> data() const {
    const auto rows = static_cast<std::int64_t>(y.size());
    const auto inputs = static_cast<std::int64_t>(size()) - 1;
    Tensor src({rows, inputs}), target({rows, 1});
    for (std::int64_t n = 0; n < rows; ++n) {
      target.span<float>()[static_cast<std::size_t>(n)] =
          static_cast<float>(y[static_cast<std::size_t>(n)]);
      for (std::int64_t i = 0; i < inputs; ++i)
        src.span<float>()[static_cast<std::size_t>(n * inputs + i)] =
            static_cast<float>(x[static_cast<std::size_t>(n)][static_cast<std::size_t>(i)]);
    }
    return std::make_shared<InMemoryDataset>("linear", src, target, TargetInfo{});
  }

  /// Parameters "dense1.weight" [1, inputs] and "dense1.bias" [1]: the weights in their order.
  GraphSpec network() const {
    GraphSpec graph{.name = "linear", .input = {static_cast<std::int64_t>(size()) - 1}};
    graph.add("dense1", dense({.units = 1}));
    return graph;
  }
};

/// All parameters in a row.
inline Vector values_of(std::span<Parameter* const> parameters) {
  Vector values;
  for (const Parameter* parameter : parameters)
    for (const float value : parameter->value.span<float>()) values.push_back(value);
  return values;
}

/// Standard deviations by which `hits` of n lie off a probability, if it is theirs.
inline double binomial_z(std::int64_t hits, std::int64_t n, double probability) {
  const auto count = static_cast<double>(n);
  return (static_cast<double>(hits) - probability * count) /
         std::sqrt(count * probability * (1 - probability));
}

}  // namespace credence::test
