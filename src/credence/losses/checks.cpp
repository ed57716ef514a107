#include "credence/losses/checks.h"

#include <algorithm>

#include "credence/base/errors.h"

namespace credence {
namespace {

void require_rows(std::string_view where, std::string_view what, const Tensor& tensor,
                  const Tensor& output, std::int64_t columns) {
  const Shape& shape = tensor.shape();
  require<ShapeError>(output.shape().rank() > 0 && shape.rank() > 0 &&
                          shape[0] == output.shape()[0] && shape.row_size() == columns,
                      where, ": ", what, " must have ", columns,
                      " elements for each row of the output ", output.shape(), ", got ", shape);
}

void require_real(std::string_view where, std::string_view what, const Tensor& tensor) {
  require<ShapeError>(tensor.dtype() == DType::float32 || tensor.dtype() == DType::float64, where,
                      ": ", what, " must be float32 or float64, got ", name_of(tensor.dtype()));
}

}  // namespace

void check_batch(std::string_view where, const Tensor& output, const Tensor& target,
                 std::int64_t targets, const Tensor* diff_output) {
  require_real(where, "the output", output);
  require_rows(where, "the target", target, output, targets);
  require<ShapeError>(target.dtype() == DType::float32, where, ": the target must be float32, got ",
                      name_of(target.dtype()));
  if (diff_output == nullptr) return;
  require<ShapeError>(
      diff_output->shape() == output.shape() && diff_output->dtype() == output.dtype(), where,
      ": the gradient must be ", name_of(output.dtype()), output.shape(), " as the output, got ",
      name_of(diff_output->dtype()), diff_output->shape());
}

void check_output(std::string_view where, const Tensor& output, std::int64_t columns) {
  require_rows(where, "the output", output, output, columns);
}

void check_prediction(std::string_view where, const Tensor& output, const Tensor& prediction,
                      std::int64_t columns) {
  require_real(where, "the output", output);
  require_real(where, "the prediction", prediction);
  require_rows(where, "the prediction", prediction, output, columns);
}

void check_examples(std::string_view where, const Predictions& predictions, const Tensor& target) {
  const Tensor& mean = predictions.mean;
  require<ShapeError>(
      mean.shape().rank() > 0 && target.shape().rank() > 0 && mean.shape()[0] == target.shape()[0],
      where, ": predictions ", mean.shape(), " and target ", target.shape(),
      " must have as many rows");
  require<ShapeError>(mean.dtype() == DType::float32 && target.dtype() == DType::float32, where,
                      ": predictions and target must be float32, got ", name_of(mean.dtype()),
                      " and ", name_of(target.dtype()));
}

void copy_to_prediction(const Tensor& output, Tensor& prediction) {
  with_real_type(output.dtype(), [&]<class T>(T) {
    with_real_type(prediction.dtype(), [&]<class U>(U) {
      std::ranges::transform(output.span<T>(), prediction.data<U>(),
                             [](T value) { return static_cast<U>(value); });
    });
  });
}

void fail_label(std::string_view where, float label, std::int64_t row, std::int64_t classes) {
  throw DataError(concat(where, ": the label of row ", row, " must be a class index, 0 to ",
                         classes - 1, ", got ", label));
}

}  // namespace credence
