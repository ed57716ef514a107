#include "credence/kernels/parallel.h"

#include <array>
#include <exception>
#include <utility>

#include <omp.h>

namespace credence {

std::string openmp_version() {
  // The date of each version (openmp.org/specifications).
  static constexpr std::array<std::pair<int, const char*>, 4> versions{
      {{201511, "4.5"}, {201811, "5.0"}, {202011, "5.1"}, {202111, "5.2"}}};
  for (const auto& [date, name] : versions)
    if (date == _OPENMP) return name;
  return std::to_string(_OPENMP);
}

int thread_count() {
  return omp_get_max_threads();
}

void set_thread_count(int threads) {
  omp_set_num_threads(threads);
}

int thread_number() {
  return omp_get_thread_num();
}

void detail::run_parallel(std::int64_t count, std::int64_t grain, void* body, LoopBody call) {
  const std::int64_t pieces = (count + grain - 1) / grain;
  const int threads = static_cast<int>(std::min<std::int64_t>(pieces, thread_count()));
  if (threads <= 1 || omp_in_parallel()) {
    if (count > 0) call(body, 0, count);
    return;
  }
  std::exception_ptr failure;
#pragma omp parallel num_threads(threads)
  {
    // A thread limit may give fewer than asked for.
    const std::int64_t thread = omp_get_thread_num(), team = omp_get_num_threads();
    const std::int64_t begin = pieces * thread / team * grain;
    const std::int64_t end = std::min(count, pieces * (thread + 1) / team * grain);
    try {
      if (begin < end) call(body, begin, end);
    } catch (...) {
#pragma omp critical
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace credence
