#pragma once

#include <cmath>
#include <cstdint>

namespace credence {

/// Mean and variance of what is added, in one pass (Welford 1962).
class Moments {
 public:
  void add(double x) {
    const double before = x - mean_;
    mean_ += before / static_cast<double>(++count_);
    squares_ += before * (x - mean_);
  }

  std::int64_t count() const { return count_; }
  double mean() const { return mean_; }
  double variance() const { return squares_ / static_cast<double>(count_ - 1); }
  double standard_error() const { return std::sqrt(variance() / static_cast<double>(count_)); }

 private:
  std::int64_t count_ = 0;
  double mean_ = 0, squares_ = 0;
};

}  // namespace credence
