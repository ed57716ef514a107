#include "credence/kernels/parallel.h"

#include <array>
#include <exception>
#include <utility>

#include <omp.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace credence {
namespace {

/// Makes results below 2^-126, and operands, zero on the calling thread: a unit that never fires
/// leaves moments that decay to such numbers, and they take a hundred times as long as others.
void flush_subnormals() {
#ifdef __SSE__
  constexpr unsigned int flush_to_zero = 0x8000, denormals_are_zero = 0x0040;
  thread_local bool done = false;
  if (done) return;
  _mm_setcsr(_mm_getcsr() | flush_to_zero | denormals_are_zero);
  done = true;
#endif
}

}  // namespace

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

void detail::run_parallel(std::int64_t count, Pieces pieces, void* body, LoopBody call) {
  const std::int64_t units = (count + pieces.unit - 1) / pieces.unit;
  const std::int64_t worth = std::min(units, (count + pieces.least - 1) / pieces.least);
  const int threads = static_cast<int>(std::min<std::int64_t>(worth, thread_count()));
  flush_subnormals();
  if (threads <= 1 || omp_in_parallel()) {
    if (count > 0) call(body, 0, count);
    return;
  }
  std::exception_ptr failure;
#pragma omp parallel num_threads(threads)
  {
    // A thread limit may give fewer than asked for.
    const std::int64_t thread = omp_get_thread_num(), team = omp_get_num_threads();
    const std::int64_t begin = units * thread / team * pieces.unit;
    const std::int64_t end = std::min(count, units * (thread + 1) / team * pieces.unit);
    flush_subnormals();
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
