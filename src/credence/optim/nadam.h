#pragma once

#include <array>
#include <cmath>
#include <span>

#include "credence/optim/elementwise_optimizer.h"

namespace credence {

struct NadamOptions {
  double beta1 = 0.9;            ///< decay of the first moment, in [0, 1)
  double beta2 = 0.999;          ///< decay of the second moment, in [0, 1)
  double epsilon = 1e-8;         ///< added to the root of the second moment, above 0
  double weight_decay = 0;       ///< of an L2 penalty weight_decay / 2 * value^2
  double momentum_decay = 4e-3;  ///< how fast the momentum grows from beta1 / 2 to beta1

  template <class Visitor>
  void visit(Visitor& v) {
    v("beta1", beta1);
    v("beta2", beta2);
    v("epsilon", epsilon);
    v("weight_decay", weight_decay);
    v("momentum_decay", momentum_decay);
  }
};

/// Adam with Nesterov's momentum, for step t = 1, 2, ...:
///
///   mu(t) = beta1 * (1 - 0.96^(t * momentum_decay) / 2),   M(t) = mu(1) * ... * mu(t)
///   g = gradient + weight_decay * value
///   first_moment  = beta1 * first_moment  + (1 - beta1) * g
///   second_moment = beta2 * second_moment + (1 - beta2) * g^2
///   value -= learning_rate * (mu(t + 1) / (1 - M(t + 1)) * first_moment
///                             + (1 - mu(t)) / (1 - M(t)) * g)
///            / (sqrt(second_moment / (1 - beta2^t)) + epsilon)
///
/// M(t) is made anew from t, which is the trainer's step plus one, so there is no counter to save.
///
/// State   <parameter>.first_moment, <parameter>.second_moment.
/// Source  Dozat 2016, "Incorporating Nesterov momentum into Adam"; PyTorch's NAdam is the same
///         (from 2.0 on; 1.13 without foreach has mu(t) twice in M(t + 1)).
class NadamRule {
 public:
  using Options = NadamOptions;
  static constexpr std::string_view name = "nadam";

  explicit NadamRule(const Options& options);

  std::span<const std::string_view> state_names() const {
    static constexpr std::array<std::string_view, 2> names = {"first_moment", "second_moment"};
    return names;
  }

  template <class T>
  struct Update {
    T beta1, rest1, beta2, rest2, epsilon, weight_decay;
    T moment_size;    ///< learning_rate * mu(t + 1) / (1 - M(t + 1))
    T gradient_size;  ///< learning_rate * (1 - mu(t)) / (1 - M(t))
    T second_scale;   ///< 1 / sqrt(1 - beta2^t)

    constexpr void operator()(T& value, T gradient, T& first, T& second) const {
      const T g = gradient + weight_decay * value;
      first = beta1 * first + rest1 * g;
      second = beta2 * second + rest2 * (g * g);
      value -=
          (moment_size * first + gradient_size * g) / (std::sqrt(second) * second_scale + epsilon);
    }
  };

  template <class T>
  Update<T> prepare(double learning_rate, std::uint64_t step) const {
    const double t = static_cast<double>(step) + 1;
    const double now = momentum(t), next = momentum(t + 1), product = momentum_product(step + 1);
    return {.beta1 = static_cast<T>(options_.beta1),
            .rest1 = static_cast<T>(1 - options_.beta1),
            .beta2 = static_cast<T>(options_.beta2),
            .rest2 = static_cast<T>(1 - options_.beta2),
            .epsilon = static_cast<T>(options_.epsilon),
            .weight_decay = static_cast<T>(options_.weight_decay),
            .moment_size = static_cast<T>(learning_rate * next / (1 - product * next)),
            .gradient_size = static_cast<T>(learning_rate * (1 - now) / (1 - product)),
            .second_scale = static_cast<T>(1 / std::sqrt(1 - std::pow(options_.beta2, t)))};
  }

 private:
  double momentum(double t) const;                     ///< mu(t)
  double momentum_product(std::uint64_t steps) const;  ///< M(steps)

  Options options_;
};

using Nadam = ElementwiseOptimizer<NadamRule>;
extern template class ElementwiseOptimizer<NadamRule>;

}  // namespace credence
