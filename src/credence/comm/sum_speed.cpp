#include "credence/comm/sum_speed.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace credence {
namespace {

/// Beside the sum of one float64.
constexpr std::array<std::size_t, 4> sizes{1 << 10, 32 << 10, 1 << 20, 16 << 20};

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The time of one sum: the least mean over `repetitions` of them. Rank 0 says when it is enough.
double best_seconds(Communicator& communicator, Buffer buffer, int repetitions, double seconds) {
  const double begin = seconds_now();
  double best = 0;
  std::array<double, 2> verdict{};  // whether to go on, the best time
  do {
    communicator.barrier();
    const double start = seconds_now();
    for (int i = 0; i < repetitions; ++i) communicator.sum(buffer);
    const double mean = (seconds_now() - start) / repetitions;
    best = best == 0 ? mean : std::min(best, mean);
    verdict = {seconds_now() - begin < seconds ? 1.0 : 0.0, best};
    communicator.broadcast(std::span<double>(verdict), 0);
  } while (verdict[0] != 0);
  return verdict[1];
}

}  // namespace

SumSpeed measure_sums(Communicator& communicator, double seconds) {
  std::array<double, 1> one{};  // zeros stay zeros, however often they are summed
  std::vector<float> large(sizes.back() / sizeof(float));
  best_seconds(communicator, std::span(large), 1, 0);  // connections are made by the first message
  SumSpeed speed;
  speed.latency_s = best_seconds(communicator, std::span<double>(one), 20, seconds / 4);
  speed.times.push_back({.bytes = sizeof(one), .seconds = speed.latency_s});
  for (const std::size_t bytes : sizes) {
    const bool is_last = bytes == sizes.back();
    const std::span<float> part = std::span(large).first(bytes / sizeof(float));
    speed.times.push_back({.bytes = bytes,
                           .seconds = best_seconds(communicator, part, is_last ? 1 : 5,
                                                   is_last ? seconds / 2 : seconds / 12)});
  }
  speed.gb_per_sec = static_cast<double>(sizes.back()) / speed.times.back().seconds * 1e-9;
  return speed;
}

}  // namespace credence
