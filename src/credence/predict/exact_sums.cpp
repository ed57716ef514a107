#include "credence/predict/exact_sums.h"

namespace credence {

ExactSums::ExactSums(std::int64_t count, std::int64_t terms, double bound)
    : count_(count), sums_(static_cast<std::size_t>(count) * folds) {
  for (double& magic : magic_) {
    int exponent = 0;  // 2^exponent: above the size of any sum
    std::frexp(static_cast<double>(terms) * bound, &exponent);
    const double unit = std::ldexp(1.0, exponent + 1 - 52);
    magic = 1.5 * std::ldexp(unit, 52);
    bound = unit / 2;
  }
}

void ExactSums::share(Communicator& communicator) {
  if (communicator.size() == 1) return;
  shared_ = sums_;
  communicator.sum(std::span(shared_));
}

}  // namespace credence
