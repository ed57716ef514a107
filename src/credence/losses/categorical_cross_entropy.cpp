#include "credence/losses/categorical_cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/base/portable_math.h"
#include "credence/kernels/parallel_sum.h"
#include "credence/losses/checks.h"

namespace credence {
namespace {

constexpr std::string_view loss_name = "categorical_cross_entropy";

/// Rows that are worth a thread of their own.
std::int64_t row_grain(std::int64_t classes) {
  return std::max<std::int64_t>(1, elementwise_grain / 4 / std::max<std::int64_t>(1, classes));
}

template <class T>
T greatest_of(const T* row, std::int64_t classes) {
  T greatest = row[0];
  for (std::int64_t k = 1; k < classes; ++k) greatest = row[k] > greatest ? row[k] : greatest;
  return greatest;
}

/// Writes exp(logit - greatest) of each class to dst, unless it is null, and returns their sum,
/// which is 1 at least. In double, lest the loss of a confident row drown in the sum's rounding.
template <class T, class U>
double exponentials(const T* logits, std::int64_t classes, T greatest, U* dst) {
  constexpr std::int64_t piece = 64;
  U buffer[piece];
  double sum = 0;
  for (std::int64_t first = 0; first < classes; first += piece) {
    const std::int64_t count = std::min(piece, classes - first);
    const T* src = logits + first;
    U* exponential = dst == nullptr ? buffer : dst + first;
    for (std::int64_t k = 0; k < count; ++k)
      exponential[k] = static_cast<U>(portable::exp(src[k] - greatest));
    for (std::int64_t k = 0; k < count; ++k) sum += static_cast<double>(exponential[k]);
  }
  return sum;
}

template <class T>
double logit_row(const T* logits, std::int64_t classes, std::int64_t label, double scale, T* diff) {
  const T greatest = greatest_of(logits, classes);
  const double sum = exponentials(logits, classes, greatest, diff);
  if (diff != nullptr) {
    const T factor = static_cast<T>(scale / sum);
    for (std::int64_t k = 0; k < classes; ++k) diff[k] *= factor;
    diff[label] -= static_cast<T>(scale);
  }
  return std::log(sum) - static_cast<double>(logits[label] - greatest);
}

template <class T>
double probability_row(const T* probabilities, std::int64_t classes, std::int64_t label,
                       double scale, T* diff) {
  // Written so that a probability that is not a number stays one.
  const auto given = static_cast<double>(probabilities[label]);
  const double probability = given < CategoricalCrossEntropy::probability_floor
                                 ? CategoricalCrossEntropy::probability_floor
                                 : given;
  if (diff != nullptr) {
    std::fill(diff, diff + classes, T(0));
    diff[label] = static_cast<T>(-scale / probability);
  }
  return -std::log(probability);
}

template <class T, class U>
void softmax(const Tensor& output, Tensor& prediction) {
  const std::int64_t classes = output.shape().row_size();
  const T* logits = output.data<T>();
  U* dst = prediction.data<U>();
  parallel_for(output.shape()[0], {.least = row_grain(classes)},
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   const T* src = logits + row * classes;
                   U* p = dst + row * classes;
                   const double sum = exponentials(src, classes, greatest_of(src, classes), p);
                   for (std::int64_t k = 0; k < classes; ++k)
                     p[k] = static_cast<U>(static_cast<double>(p[k]) / sum);
                 }
               });
}

/// Column k of a root of the Fisher information of a row p of probabilities: sqrt(p_k) (e_k - p) of
/// logits, since diag(p) - p p^T is the sum over k of p_k (e_k - p) (e_k - p)^T; e_k / sqrt(p_k) of
/// the probabilities themselves.
template <class T>
void fisher_row(bool from_logits, const T* p, std::int64_t classes, std::int64_t k, T* root) {
  const T least = static_cast<T>(CategoricalCrossEntropy::probability_floor);
  const T weight = from_logits ? std::sqrt(p[k]) : 1 / std::sqrt(std::max(p[k], least));
  for (std::int64_t i = 0; i < classes; ++i) root[i] = from_logits ? -weight * p[i] : T(0);
  root[k] += weight;
}

}  // namespace

void CategoricalCrossEntropy::setup(const Shape& output, const Shape& target,
                                    std::int64_t classes) {
  require<ShapeError>(classes >= 2, loss_name, ": needs a data set of 2 classes or more, got ",
                      classes);
  require<ShapeError>(output.size() == classes, loss_name,
                      ": the output must have one element for each of the ", classes,
                      " classes, got shape ", output);
  require<ShapeError>(target.size() == 1, loss_name,
                      ": the target must be one class index, got shape ", target);
}

double CategoricalCrossEntropy::forward(const Tensor& output, const Tensor& target, double divisor,
                                        Tensor* diff_output) const {
  check_batch(loss_name, output, target, 1, diff_output);
  const std::int64_t rows = output.shape()[0];
  const std::int64_t classes = output.shape().row_size();
  const float* labels = target.data<float>();
  const double sum = with_real_type(output.dtype(), [&]<class T>(T) {
    const T* src = output.data<T>();
    T* diff = diff_output == nullptr ? nullptr : diff_output->data<T>();
    const auto row_loss = options_.from_logits ? logit_row<T> : probability_row<T>;
    return parallel_sum(rows, row_grain(classes), [&](std::int64_t begin, std::int64_t end) {
      double loss = 0;
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t label = class_label(loss_name, labels[row], row, classes);
        T* diff_row = diff == nullptr ? nullptr : diff + row * classes;
        loss += row_loss(src + row * classes, classes, label, 1 / divisor, diff_row);
      }
      return loss;
    });
  });
  return sum / divisor;
}

void CategoricalCrossEntropy::predict(const Tensor& output, Tensor& prediction) const {
  check_prediction(loss_name, output, prediction, output.shape().row_size());
  if (!options_.from_logits) return copy_to_prediction(output, prediction);
  with_real_type(output.dtype(), [&]<class T>(T) {
    with_real_type(prediction.dtype(), [&]<class U>(U) { softmax<T, U>(output, prediction); });
  });
}

void CategoricalCrossEntropy::write_fisher_column(const Tensor& output, std::int64_t column,
                                                  Tensor& root) const {
  const std::int64_t classes = output.shape().row_size();
  Tensor probabilities(output.shape(), output.dtype());
  predict(output, probabilities);
  with_real_type(output.dtype(), [&]<class T>(T) {
    for (std::int64_t row = 0; row < output.shape()[0]; ++row)
      fisher_row(options_.from_logits, probabilities.data<T>() + row * classes, classes, column,
                 root.data<T>() + row * classes);
  });
}

}  // namespace credence
