#pragma once

#include <array>
#include <span>

#include "credence/optim/elementwise_optimizer.h"

namespace credence {

struct SgdOptions {
  double momentum = 0;      ///< the share of the velocity that is kept, in [0, 1)
  bool nesterov = false;    ///< look ahead along the velocity; needs momentum
  double weight_decay = 0;  ///< of an L2 penalty weight_decay / 2 * value^2, added to the gradient

  template <class Visitor>
  void visit(Visitor& v) {
    v("momentum", momentum);
    v("nesterov", nesterov);
    v("weight_decay", weight_decay);
  }
};

/// Stochastic gradient descent, with momentum mu if asked for:
///
///   g = gradient + weight_decay * value
///   velocity = mu * velocity + g
///   value -= learning_rate * velocity,   or with Nesterov   learning_rate * (g + mu * velocity)
///
/// The learning rate is outside the velocity, so that a schedule acts at once.
///
/// State   <parameter>.velocity, if there is momentum.
/// Source  Sutskever et al. 2013, "On the importance of initialization and momentum"; Goyal et al.
///         2017, arXiv:1706.02677, equation 9.
class SgdRule {
 public:
  using Options = SgdOptions;
  static constexpr std::string_view name = "sgd";

  explicit SgdRule(const Options& options);

  std::span<const std::string_view> state_names() const {
    static constexpr std::array<std::string_view, 1> names = {"velocity"};
    return std::span(names).first(options_.momentum > 0 ? 1 : 0);
  }

  template <class T>
  struct Update {
    T learning_rate, momentum, weight_decay;
    T gradient_share, velocity_share;  ///< of the step: 0 and 1, or with Nesterov 1 and mu

    constexpr void operator()(T& value, T gradient, T& velocity, T&) const {
      const T g = gradient + weight_decay * value;
      velocity = momentum * velocity + g;
      value -= learning_rate * (gradient_share * g + velocity_share * velocity);
    }
  };

  template <class T>
  Update<T> prepare(double learning_rate, std::uint64_t) const {
    return {.learning_rate = static_cast<T>(learning_rate),
            .momentum = static_cast<T>(options_.momentum),
            .weight_decay = static_cast<T>(options_.weight_decay),
            .gradient_share = static_cast<T>(options_.nesterov ? 1 : 0),
            .velocity_share = static_cast<T>(options_.nesterov ? options_.momentum : 1)};
  }

 private:
  Options options_;
};

using Sgd = ElementwiseOptimizer<SgdRule>;
extern template class ElementwiseOptimizer<SgdRule>;

}  // namespace credence
