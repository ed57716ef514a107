#pragma once

#include <array>
#include <cmath>
#include <span>

#include "credence/optim/elementwise_optimizer.h"

namespace credence {

struct AdamOptions {
  double beta1 = 0.9;       ///< decay of the first moment, in [0, 1)
  double beta2 = 0.999;     ///< decay of the second moment, in [0, 1)
  double epsilon = 1e-8;    ///< added to the root of the second moment, above 0
  double weight_decay = 0;  ///< of an L2 penalty weight_decay / 2 * value^2, added to the gradient

  template <class Visitor>
  void visit(Visitor& v) {
    v("beta1", beta1);
    v("beta2", beta2);
    v("epsilon", epsilon);
    v("weight_decay", weight_decay);
  }
};

/// Adam, for step t = 1, 2, ...:
///
///   g = gradient + weight_decay * value
///   first_moment  = beta1 * first_moment  + (1 - beta1) * g
///   second_moment = beta2 * second_moment + (1 - beta2) * g^2
///   value -= learning_rate * first_moment / (1 - beta1^t)
///            / (sqrt(second_moment / (1 - beta2^t)) + epsilon)
///
/// The count t is the trainer's step plus one, so there is no counter to save.
///
/// State   <parameter>.first_moment, <parameter>.second_moment.
/// Source  Kingma and Ba 2015, arXiv:1412.6980, algorithm 1.
class AdamRule {
 public:
  using Options = AdamOptions;
  static constexpr std::string_view name = "adam";

  explicit AdamRule(const Options& options);

  std::span<const std::string_view> state_names() const {
    static constexpr std::array<std::string_view, 2> names = {"first_moment", "second_moment"};
    return names;
  }

  template <class T>
  struct Update {
    T beta1, rest1, beta2, rest2, epsilon, weight_decay;
    T step_size;     ///< learning_rate / (1 - beta1^t)
    T second_scale;  ///< 1 / sqrt(1 - beta2^t)

    constexpr void operator()(T& value, T gradient, T& first, T& second) const {
      const T g = gradient + weight_decay * value;
      first = beta1 * first + rest1 * g;
      second = beta2 * second + rest2 * (g * g);
      value -= step_size * first / (std::sqrt(second) * second_scale + epsilon);
    }
  };

  template <class T>
  Update<T> prepare(double learning_rate, std::uint64_t step) const {
    const double t = static_cast<double>(step) + 1;
    return {.beta1 = static_cast<T>(options_.beta1),
            .rest1 = static_cast<T>(1 - options_.beta1),
            .beta2 = static_cast<T>(options_.beta2),
            .rest2 = static_cast<T>(1 - options_.beta2),
            .epsilon = static_cast<T>(options_.epsilon),
            .weight_decay = static_cast<T>(options_.weight_decay),
            .step_size = static_cast<T>(learning_rate / (1 - std::pow(options_.beta1, t))),
            .second_scale = static_cast<T>(1 / std::sqrt(1 - std::pow(options_.beta2, t)))};
  }

 private:
  Options options_;
};

using Adam = ElementwiseOptimizer<AdamRule>;
extern template class ElementwiseOptimizer<AdamRule>;

}  // namespace credence
