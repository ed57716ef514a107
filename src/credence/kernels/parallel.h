#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
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

/// How a loop is cut: a piece is worth a thread from `least` on, and begins at a multiple of
/// `unit`.
struct Pieces {
  std::int64_t least = 1;
  std::int64_t unit = 1;
};

namespace detail {
using LoopBody = void (*)(void* body, std::int64_t begin, std::int64_t end);
void run_parallel(std::int64_t count, Pieces pieces, void* body, LoopBody call);
void run_claimed(std::int64_t count, void* body, void (*call)(void* body, std::int64_t index));
}  // namespace detail

/// Calls body(begin, end) on disjoint pieces of [0, count), nearly equal, one for each thread.
/// A thread that has run a loop flushes subnormal numbers to zero.
template <class Body>
void parallel_for(std::int64_t count, Pieces pieces, Body&& body) {
  detail::run_parallel(count, pieces, &body,
                       [](void* erased, std::int64_t begin, std::int64_t end) {
                         (*static_cast<std::remove_reference_t<Body>*>(erased))(begin, end);
                       });
}

/// Calls body(i) for each i in [0, count), where each is long. A thread begins with its own share,
/// as above, and then takes what others have not begun: so a slow core holds up nobody.
template <class Body>
void parallel_for_each(std::int64_t count, Body&& body) {
  detail::run_claimed(count, &body, [](void* erased, std::int64_t index) {
    (*static_cast<std::remove_reference_t<Body>*>(erased))(index);
  });
}

/// Called by a thread that is done with elements [begin, end) of something, while they are in its
/// cache: by several at once, each with its own.
using ElementsDone = std::function<void(std::int64_t begin, std::int64_t end)>;

/// What makes a piece of a loop of a few operations an element worth a thread.
inline constexpr std::int64_t elementwise_grain = 8192;
/// Pieces of such loops: on whole cache lines, and on whole blocks of random words.
inline constexpr Pieces elementwise_pieces{.least = elementwise_grain, .unit = 128};

/// Pieces of loops over rows of `row_size` elements, with a few operations an element.
constexpr Pieces row_pieces(std::int64_t row_size) {
  return {
      .least = std::max<std::int64_t>(1, elementwise_grain / std::max<std::int64_t>(1, row_size)),
      .unit = 1};
}

}  // namespace credence
