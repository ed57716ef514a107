#include "credence/inference/evidence.h"

#include <cmath>

namespace credence {

double Evidence::log_evidence(double scale) const {
  double sum = 0;
  for (const double value : eigenvalues) sum -= std::log1p(value / scale);
  return log_likelihood + (sum - scale * squares) / 2;
}

double Evidence::effective_weights(double scale) const {
  double sum = 0;
  for (const double value : eigenvalues) sum += value / (value + scale);
  return sum;
}

double Evidence::best_scale() const {
  // The derivative by log scale is (effective_weights - scale * squares) / 2, which only falls.
  double low = std::log(1e-12), high = std::log(1e12);
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2, scale = std::exp(middle);
    (effective_weights(scale) > scale * squares ? low : high) = middle;
  }
  return std::exp((low + high) / 2);
}

}  // namespace credence
