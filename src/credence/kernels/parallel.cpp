#include "credence/kernels/parallel.h"

#include <algorithm>
#include <array>
#include <atomic>
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

/// work(thread, threads) on as many threads as there are, at most `most`; on the calling one alone
/// within another loop.
template <class Work>
void run_on_team(std::int64_t most, const Work& work) {
  const int threads = static_cast<int>(std::min<std::int64_t>(most, thread_count()));
  flush_subnormals();
  if (threads <= 1 || omp_in_parallel()) return work(0, 1);
  std::exception_ptr failure;
#pragma omp parallel num_threads(threads)
  {
    flush_subnormals();
    try {
      work(omp_get_thread_num(), omp_get_num_threads());  // a thread limit may give fewer
    } catch (...) {
#pragma omp critical
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
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
  run_on_team(worth, [=](std::int64_t thread, std::int64_t team) {
    const std::int64_t begin = units * thread / team * pieces.unit;
    const std::int64_t end = std::min(count, units * (thread + 1) / team * pieces.unit);
    if (begin < end) call(body, begin, end);
  });
}

void detail::run_claimed(std::int64_t count, void* body,
                         void (*call)(void* body, std::int64_t index)) {
  struct alignas(64) Share {  // a cache line, so that claims do not disturb others
    std::int64_t begin, end;
    std::atomic<std::int64_t> next;
  };
  std::array<Share, 64> shares;
  const std::int64_t number =
      std::clamp<std::int64_t>(std::min<std::int64_t>(count, thread_count()), 1, shares.size());
  for (std::int64_t i = 0; i < number; ++i) {
    shares[i].begin = count * i / number;
    shares[i].end = count * (i + 1) / number;
    shares[i].next = shares[i].begin + 1;
  }
  run_on_team(count, [&](std::int64_t thread, std::int64_t team) {
    // Each has something to do, and so its memory ready, in the first of many loops.
    for (std::int64_t i = thread; i < number; i += team)
      if (shares[i].begin < shares[i].end) call(body, shares[i].begin);
    for (std::int64_t i = 0; i < number; ++i) {
      Share& share = shares[(thread + i) % number];
      for (std::int64_t index = share.next++; index < share.end; index = share.next++)
        call(body, index);
    }
  });
}

}  // namespace credence
