#pragma once

#include <cstdint>
#include <string_view>

#include "credence/base/errors.h"
#include "credence/losses/metric.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// Checks what losses rely on: as many rows of target as of output, each of `targets` elements, and
/// a gradient, if asked for, of the output's shape and type. `where` is the loss. ShapeError if
/// not.
void check_batch(std::string_view where, const Tensor& output, const Tensor& target,
                 std::int64_t targets, const Tensor* diff_output);

/// Checks that a row of the output holds `columns` elements. ShapeError if not.
void check_output(std::string_view where, const Tensor& output, std::int64_t columns);

/// Checks that a prediction holds `columns` elements for each row of the output. ShapeError if not.
void check_prediction(std::string_view where, const Tensor& output, const Tensor& prediction,
                      std::int64_t columns);

/// Checks that predictions and target, both float32, are of the same examples. ShapeError if not.
void check_examples(std::string_view where, const Predictions& predictions, const Tensor& target);

/// The mean of figure(i) over the elements i of row `row` of `predicted` [n, targets]. ShapeError
/// unless the target has as many to a row.
template <class Figure>
double mean_over_targets(std::string_view where, const Tensor& predicted, const Tensor& target,
                         std::int64_t row, Figure figure) {
  const std::int64_t targets = target.shape().row_size();
  require<ShapeError>(!predicted.empty() && predicted.shape().row_size() == targets, where,
                      ": the predictions ", predicted.shape(), " do not fit the target ",
                      target.shape());
  double sum = 0;
  for (std::int64_t i = row * targets; i < (row + 1) * targets; ++i) sum += figure(i);
  return sum / static_cast<double>(targets);
}

/// Copies the output to a prediction of the same size, of either real type.
void copy_to_prediction(const Tensor& output, Tensor& prediction);

[[noreturn]] void fail_label(std::string_view where, float label, std::int64_t row,
                             std::int64_t classes);

/// The class index that a target holds. DataError, naming row and label, unless it is one of 0 ..
/// classes - 1.
inline std::int64_t class_label(std::string_view where, float label, std::int64_t row,
                                std::int64_t classes) {
  if (label >= 0 && label < static_cast<float>(classes)) [[likely]] {
    const auto index = static_cast<std::int64_t>(label);
    if (static_cast<float>(index) == label) return index;
  }
  fail_label(where, label, row, classes);
}

}  // namespace credence
