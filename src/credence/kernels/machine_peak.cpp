#include "credence/kernels/machine_peak.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "credence/kernels/cpu/multiply_add.h"
#include "credence/kernels/noise.h"
#include "credence/kernels/parallel.h"
#include "credence/tensor/memory.h"

namespace credence {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The number of threads of this process, for as long as it is measured with them.
class Threads {
 public:
  explicit Threads(int threads) : before_(thread_count()) { set_thread_count(threads); }
  ~Threads() { set_thread_count(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

/// Of body(), which does `work` and is called for `seconds`, at least three times.
template <class Body>
PeakRate measure(double work, double seconds, Body&& body) {
  const double begin = seconds_now();
  double shortest = 0, start = begin;
  int windows = 0;
  while (windows < 3 || start - begin < seconds) {
    body();
    const double end = seconds_now();
    shortest = windows == 0 ? end - start : std::min(shortest, end - start);
    start = end;
    ++windows;
  }
  return {.best = work / shortest, .mean = work * windows / (start - begin)};
}

/// Rounds that take a thread about 2 ms: long beside the start of the threads, short for a
/// scheduler that may take one away.
std::int64_t rounds_of_a_window() {
  std::int64_t rounds = 1000;
  while (true) {
    const double taken = 1 / measure(1, 0, [&] { cpu::multiply_add_in_registers(rounds); }).best;
    if (taken > 1e-3) return static_cast<std::int64_t>(static_cast<double>(rounds) * 2e-3 / taken);
    rounds *= 4;
  }
}

}  // namespace

PeakRate peak_gflops(const PeakOptions& options) {
  const Threads threads(options.threads);
  const std::int64_t rounds = rounds_of_a_window();
  const double work = cpu::multiply_add_in_registers(rounds) * options.threads;
  return measure(work * 1e-9, options.seconds, [&] {
    parallel_for(options.threads, {}, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t thread = begin; thread < end; ++thread)
        cpu::multiply_add_in_registers(rounds);
    });
  });
}

MemoryBandwidth memory_bandwidth(const PeakOptions& options, std::int64_t array_bytes) {
  const Threads threads(options.threads);
  const std::int64_t count = array_bytes / static_cast<std::int64_t>(sizeof(float));
  std::array<std::shared_ptr<std::byte[]>, 3> memory;
  std::array<float*, 3> arrays;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    memory[i] = allocate_memory(static_cast<std::size_t>(array_bytes));
    arrays[i] = reinterpret_cast<float*>(memory[i].get());
  }
  float *const a = arrays[0], *const b = arrays[1], *const dst = arrays[2];
  // All loops are cut in the same way, so that each thread finds its part in its own memory.
  const auto loop = [&](auto body) { parallel_for(count, elementwise_pieces, body); };
  loop([&](std::int64_t begin, std::int64_t end) {
    for (float* const array : arrays) std::fill(array + begin, array + end, 1.0F);
  });
  const auto rate = [&](int moved, auto body) {
    return measure(moved * static_cast<double>(array_bytes) * 1e-9, options.seconds / 2,
                   [&] { loop(body); });
  };
  MemoryBandwidth bandwidth;
  bandwidth.copy = rate(
      2, [&](std::int64_t begin, std::int64_t end) { std::copy(a + begin, a + end, dst + begin); });
  bandwidth.triad = rate(3, [&](std::int64_t begin, std::int64_t end) {
    const float* const left = a;  // so that their addresses may stay in registers
    const float* const right = b;
    float* const sum = dst;
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) sum[i] = left[i] + 3.0F * right[i];
  });
  return bandwidth;
}

PeakRate normals_per_sec(const PeakOptions& options) {
  const Threads threads(options.threads);
  constexpr std::int64_t of_a_thread = 1 << 18;
  Tensor dst({of_a_thread * options.threads});
  return measure(static_cast<double>(dst.size()), options.seconds,
                 [&] { fill_normal(dst, noise_key(1, Stream::noise, "machine peak"), {}); });
}

}  // namespace credence
