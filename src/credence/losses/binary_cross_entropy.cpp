#include "credence/losses/binary_cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/parallel_sum.h"
#include "credence/losses/checks.h"

namespace credence {
namespace {

constexpr std::string_view loss_name = "binary_cross_entropy";
constexpr std::int64_t row_grain = elementwise_grain / 16;

/// Without overflow or cancellation on either side.
template <class T>
T sigmoid(T z) {
  const T small = std::exp(-std::abs(z));
  return z >= 0 ? 1 / (1 + small) : small / (1 + small);
}

}  // namespace

void BinaryCrossEntropy::setup(const Shape& output, const Shape& target, std::int64_t classes) {
  require<ShapeError>(classes == 2, loss_name, ": needs a data set of 2 classes, got ", classes);
  require<ShapeError>(output.size() == 1, loss_name, ": the output must be one logit, got shape ",
                      output);
  require<ShapeError>(target.size() == 1, loss_name,
                      ": the target must be one class index, got shape ", target);
}

double BinaryCrossEntropy::forward(const Tensor& output, const Tensor& target, double divisor,
                                   Tensor* diff_output) const {
  check_batch(loss_name, output, target, 1, diff_output);
  check_output(loss_name, output, 1);
  const float* labels = target.data<float>();
  const double sum = with_real_type(output.dtype(), [&]<class T>(T) {
    const T* logits = output.data<T>();
    T* diff = diff_output == nullptr ? nullptr : diff_output->data<T>();
    const T scale = static_cast<T>(1 / divisor);
    return parallel_sum(output.size(), row_grain, [&](std::int64_t begin, std::int64_t end) {
      double loss = 0;
      for (std::int64_t row = begin; row < end; ++row) {
        const T label = static_cast<T>(class_label(loss_name, labels[row], row, 2));
        const T z = logits[row];
        // softplus(z) - label z = softplus(-z or z) = max(-z or z, 0) + log(1 + exp(-|z|)).
        const T hinge = label > 0 ? std::max(-z, T(0)) : std::max(z, T(0));
        loss += static_cast<double>(hinge + std::log1p(std::exp(-std::abs(z))));
        // sigmoid(z) - 1 = -sigmoid(-z), which keeps its digits where the former is nearly 0.
        if (diff != nullptr) diff[row] = scale * (label > 0 ? -sigmoid(-z) : sigmoid(z));
      }
      return loss;
    });
  });
  return sum / divisor;
}

void BinaryCrossEntropy::predict(const Tensor& output, Tensor& prediction) const {
  check_output(loss_name, output, 1);
  check_prediction(loss_name, output, prediction, 2);
  with_real_type(output.dtype(), [&]<class T>(T) {
    with_real_type(prediction.dtype(), [&]<class U>(U) {
      const auto logits = output.span<T>();
      U* p = prediction.data<U>();
      for (const T z : logits) {
        *p++ = static_cast<U>(sigmoid(-z));
        *p++ = static_cast<U>(sigmoid(z));
      }
    });
  });
}

void BinaryCrossEntropy::write_fisher_column(const Tensor& output, std::int64_t /*column*/,
                                             Tensor& root) const {
  check_output(loss_name, output, 1);
  transform(output, root, [](auto z) { return std::sqrt(sigmoid(z) * sigmoid(-z)); });
}

}  // namespace credence
