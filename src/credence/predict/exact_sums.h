#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "credence/comm/communicator.h"

namespace credence {

/// Sums that do not depend, to the last bit, on the order of their terms or on the rank that has
/// them: a term is cut into multiples of three powers of two, so coarse that no sum of them is ever
/// rounded (reproducible summation, Demmel and Nguyen 2013, doi:10.1109/ARITH.2013.9).
///
/// Terms  at most as many as said, at most `bound` in size; for terms up to 1 what is cut off is
///        below 1e-31 for 65536 of them, 1e-41 for 30.
class ExactSums {
 public:
  ExactSums(std::int64_t count, std::int64_t terms, double bound);

  /// Adds term(0) .. term(n - 1) to n sums, from number `first` on. Threads may add to different
  /// ones.
  template <class Term>
  void add(std::int64_t first, std::int64_t n, Term term) {
    const std::array<double, folds> magic = magic_;
    double *const coarse = sums_.data() + first, *const middle = coarse + count_,
                  *const fine = middle + count_;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const double x = term(i), first_part = (x + magic[0]) - magic[0], rest = x - first_part;
      const double second_part = (rest + magic[1]) - magic[1], last = rest - second_part;
      coarse[i] += first_part;
      middle[i] += second_part;
      fine[i] += (last + magic[2]) - magic[2];
    }
  }

  bool empty() const {
    return count_ == 0;
  }

  /// What all ranks have added is known to each of them from now on, until the next call.
  void share(Communicator& communicator);
  /// Sum number i, over the ranks as of the last share(), else of this one.
  double operator[](std::int64_t i) const {
    const double* const sum = (shared_.empty() ? sums_ : shared_).data() + i;
    return sum[0] + (sum[count_] + sum[2 * count_]);
  }

 private:
  static constexpr std::size_t folds = 3;

  std::int64_t count_;
  std::array<double, folds> magic_;  // added and taken away, it rounds
  std::vector<double> sums_;         // [folds, count]: of this rank
  std::vector<double> shared_;       // of all; empty: the same
};

}  // namespace credence
