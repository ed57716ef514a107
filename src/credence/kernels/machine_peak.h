#pragma once

#include <cstdint>

/// What this machine can do at most: the yardstick for what training does.
namespace credence {

struct PeakOptions {
  int threads = 1;       ///< of this process, all at once
  double seconds = 0.2;  ///< how long to measure
};

struct PeakRate {
  double best = 0;  ///< of many short windows: what the machine can do, whatever disturbs it
  double mean = 0;  ///< of all of them: what other programs, limits and sinking clocks leave
};

/// 10^9 floating-point operations a second of float32 multiply-adds whose operands stay in
/// registers, in the widest registers that the library was compiled for. A fused one counts two.
PeakRate peak_gflops(const PeakOptions& options = {});

/// 10^9 bytes a second, read and written, as STREAM counts them: what a cache reads before it
/// writes to it is left out.
struct MemoryBandwidth {
  PeakRate copy;   ///< dst = a, by memcpy
  PeakRate triad;  ///< dst = a + 3 * b
};

/// `array_bytes`: of each of three arrays, which should be several times the caches of all cores.
/// Source  McCalpin 1995, "Memory bandwidth and machine balance in current high performance
///         computers".
MemoryBandwidth memory_bandwidth(const PeakOptions& options, std::int64_t array_bytes);

/// Standard normals that fill_normal draws a second.
PeakRate normals_per_sec(const PeakOptions& options = {});

}  // namespace credence
