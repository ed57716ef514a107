#include "credence/losses/mean_squared_error.h"

#include "credence/base/errors.h"
#include "credence/kernels/parallel_sum.h"
#include "credence/losses/checks.h"

namespace credence {
namespace {

constexpr std::string_view loss_name = "mean_squared_error";

}  // namespace

void MeanSquaredError::setup(const Shape& output, const Shape& target, std::int64_t classes) {
  require<ShapeError>(classes == 0, loss_name, ": is for regression, got a data set of ", classes,
                      " classes");
  require<ShapeError>(output.size() == target.size(), loss_name,
                      ": the output must have as many elements as the target ", target,
                      ", got shape ", output);
}

double MeanSquaredError::forward(const Tensor& output, const Tensor& target, double divisor,
                                 Tensor* diff_output) const {
  check_batch(loss_name, output, target, output.shape().row_size(), diff_output);
  const double scale = 1 / (divisor * static_cast<double>(output.shape().row_size()));
  const float* wanted = target.data<float>();
  const double sum = with_real_type(output.dtype(), [&]<class T>(T) {
    const T* src = output.data<T>();
    T* diff = diff_output == nullptr ? nullptr : diff_output->data<T>();
    const T slope = static_cast<T>(2 * scale);
    return parallel_sum(output.size(), elementwise_grain,
                        [&](std::int64_t begin, std::int64_t end) {
                          double squares = 0;
                          for (std::int64_t i = begin; i < end; ++i) {
                            const T error = src[i] - static_cast<T>(wanted[i]);
                            squares += static_cast<double>(error) * static_cast<double>(error);
                            if (diff != nullptr) diff[i] = slope * error;
                          }
                          return squares;
                        });
  });
  return sum * scale;
}

void MeanSquaredError::predict(const Tensor& output, Tensor& prediction) const {
  check_prediction(loss_name, output, prediction, output.shape().row_size());
  copy_to_prediction(output, prediction);
}

}  // namespace credence
