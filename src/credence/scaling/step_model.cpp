#include "credence/scaling/step_model.h"

#include <cmath>

#include "credence/scaling/expected_maximum.h"

namespace credence {

double StepSize::rows_more() const {
  return static_cast<double>((global_batch + ranks - 1) / ranks) - rows();
}

double latency_term(const StepSize& size) {
  return std::log2(static_cast<double>(size.ranks));
}

double byte_term(const StepSize& size) {
  const auto ranks = static_cast<double>(size.ranks);
  return size.bytes * 2 * (ranks - 1) / ranks;
}

StepTimes StepModel::times(const StepSize& size) const {
  const double compute = fixed_s + example_s * size.rows();
  return {
      .compute = compute,
      .imbalance = jitter * compute * expected_maximum(size.ranks) + example_s * size.rows_more(),
      .reduction = latency_s * latency_term(size) + byte_s * byte_term(size)};
}

}  // namespace credence
