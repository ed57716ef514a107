#pragma once

#include <cmath>
#include <cstdint>

namespace credence {

/// Finds the step size of a Hamiltonian trajectory that is accepted with the wanted probability, by
/// dual averaging. Source: Hoffman and Gelman 2014, arXiv:1111.4246, section 3.2.1.
class StepSize {
 public:
  StepSize(double first, double target) : target_(target) { restart(first); }

  void restart(double first) {
    center_ = std::log(10 * first);
    log_step_ = std::log(first);
    log_mean_ = error_ = 0;
    count_ = 0;
  }

  /// A trajectory was accepted with this probability.
  void update(double acceptance) {
    constexpr double gamma = 0.05, delay = 10, forgetting = 0.75;
    ++count_;
    const auto t = static_cast<double>(count_);
    error_ += (target_ - acceptance - error_) / (t + delay);
    log_step_ = center_ - std::sqrt(t) / gamma * error_;
    const double weight = std::pow(t, -forgetting);
    log_mean_ = weight * log_step_ + (1 - weight) * log_mean_;
  }

  /// For the next trajectory, while it adapts.
  double now() const { return std::exp(log_step_); }
  /// For all after.
  double mean() const { return count_ > 0 ? std::exp(log_mean_) : now(); }

 private:
  double target_;
  double center_ = 0, log_step_ = 0, log_mean_ = 0, error_ = 0;
  std::int64_t count_ = 0;
};

}  // namespace credence
