#include "credence/scaling/step_model.h"

#include <cmath>

#include "credence/scaling/expected_maximum.h"

namespace credence {

double StepSize::rows_more() const {
  return static_cast<double>((global_batch + ranks - 1) / ranks) - rows();
}

StepTerms::StepTerms(const StepSize& size)
    : rows(size.rows()),
      rows_more(size.rows_more()),
      doublings(std::log2(static_cast<double>(size.ranks))),
      bytes(size.bytes * 2 * (1 - 1 / static_cast<double>(size.ranks))),
      maximum(expected_maximum(size.ranks)) {}

StepTimes StepModel::times(const StepTerms& terms) const {
  const double compute = fixed_s + example_s * terms.rows;
  return {.compute = compute,
          .imbalance = jitter * compute * terms.maximum + example_s * terms.rows_more,
          .reduction = latency_s * terms.doublings + byte_s * terms.bytes};
}

}  // namespace credence
