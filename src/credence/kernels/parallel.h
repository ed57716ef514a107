#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>

namespace credence {

/// The version of OpenMP that this was compiled for: "4.5".
std::string openmp_version();

/// Threads that a parallel loop of this process uses.
int thread_count();
void set_thread_count(int threads);
/// Of the calling thread in its parallel loop: 0 to thread_count() - 1.
int thread_number();

namespace detail {
using LoopBody = void (*)(void* body, std::int64_t begin, std::int64_t end);
void run_parallel(std::int64_t count, std::int64_t grain, void* body, LoopBody call);
}  // namespace detail

/// Calls body(begin, end) on disjoint pieces of [0, count), over the threads. Pieces begin at
/// multiples of `grain`; a loop of at most `grain` runs on the calling thread.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, Body&& body) {
  detail::run_parallel(count, grain, &body, [](void* erased, std::int64_t begin, std::int64_t end) {
    (*static_cast<std::remove_reference_t<Body>*>(erased))(begin, end);
  });
}

/// A grain for loops of a few operations an element.
inline constexpr std::int64_t elementwise_grain = 16384;

}  // namespace credence
