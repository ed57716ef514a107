#pragma once

#include "credence/diagnostics/check_row.h"
#include "credence/diagnostics/subject.h"

namespace credence {

struct GradientCheckOptions {
  std::int64_t examples = 8;
  std::int64_t elements = 12;  ///< of each parameter, drawn under the seed
  double step = 1e-5;          ///< h of the differences
  double tolerance = 1e-4;
};

/// The gradient of nll + kl / N, as training computes it but in float64 on the reference kernels,
/// against central differences (f(x + h) - f(x - h)) / 2h, the noise of the step held fixed. The
/// figure is the largest |analytic - numeric| / max(|analytic|, |numeric|, a tenth of the root mean
/// square of the parameter's gradient).
///
/// Parameters that are all zero, as biases are at first, are moved: ReLUs would be at their kinks.
/// An element whose one-sided differences disagree by more than the tolerance, at h and at h / 10,
/// is at a kink (of a ReLU, of a maximum): it is set aside, and counted.
CheckRow check_gradients(const Subject& subject, const GradientCheckOptions& options = {});

/// The same gradient in float32, on the kernels that train, against that in float64: the largest
/// ratio over parameters of the norm of their difference to the norm of the latter. Products in
/// bf16 may differ more.
CheckRow check_kernels(const Subject& subject, std::int64_t examples = 32);

}  // namespace credence
