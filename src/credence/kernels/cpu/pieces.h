#pragma once

#include <cstdint>

namespace credence::cpu {

/// Cuts `count` into the fewest pieces of at most `most`, nearly equal: body(begin, extent).
template <class Body>
void for_each_piece(std::int64_t count, std::int64_t most, Body body) {
  const std::int64_t pieces = (count + most - 1) / most;
  for (std::int64_t i = 0; i < pieces; ++i) {
    const std::int64_t begin = count * i / pieces;
    body(begin, count * (i + 1) / pieces - begin);
  }
}

}  // namespace credence::cpu
