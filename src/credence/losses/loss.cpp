#include "credence/losses/loss.h"

#include "credence/base/errors.h"

namespace credence {

void Loss::predict_variance(const Tensor& /*output*/, Tensor& /*variance*/) const {
  throw InternalError(concat(name(), ": gives no density, and no variance"));
}

void Loss::log_density(const Tensor& /*output*/, const Tensor& /*target*/,
                       std::span<double> /*log_density*/) const {
  throw InternalError(concat(name(), ": gives no density"));
}

}  // namespace credence
