#include "credence/predict/draws.h"

#include "credence/kernels/parallel.h"

namespace credence {

void Draws::stop_within(double tolerance, std::int64_t count) {
  const auto rows = static_cast<std::int64_t>(taken_.size());
  parallel_for(rows, row_pieces(64), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      if (is_done(row)) continue;
      const auto i = static_cast<std::size_t>(row);
      taken_[i] = count;
      is_done_[i] = standard_error(row, count) < tolerance ? 1 : 0;
    }
  });
}

bool Draws::are_done(std::int64_t first, std::int64_t rows) const {
  const auto begin = is_done_.begin() + first;
  return std::all_of(begin, begin + rows, [](std::uint8_t done) { return done != 0; });
}

}  // namespace credence
