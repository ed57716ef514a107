#include "credence/records/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "credence/base/errors.h"
#include "credence/distributions/softplus.h"

namespace credence {
namespace {

constexpr std::size_t block_size = 4096;
using Block = std::array<float, block_size>;

/// Calls body(values) with the values in their order, in pieces that stay in cache.
template <class Body>
void for_each_block(std::span<const float> values, Transform transform, const Body& body) {
  Block block;
  for (std::size_t begin = 0; begin < values.size(); begin += block_size) {
    const std::span<const float> part =
        values.subspan(begin, std::min(block_size, values.size() - begin));
    if (transform == Transform::none) {
      body(part);
      continue;
    }
    for (std::size_t i = 0; i < part.size(); ++i) block[i] = softplus(part[i]);
    body(std::span<const float>(block.data(), part.size()));
  }
}

struct Range {
  double begin, end;
};

/// Where the bins of values between `least` and `most` begin and end.
Range range_of(float least, float most) {
  if (!(least <= most)) return {-0.5, 0.5};  // there are none
  const double begin = least, end = most;
  if (begin < end) return {begin, end};
  const double half = begin == 0 ? 0.5 : std::abs(begin) / 2;
  return {begin - half, begin + half};
}

/// The bin of a value that lies between the first edge and the last one.
std::size_t bin_of(double value, const std::vector<double>& edges, double bins_per_unit) {
  const std::size_t last = edges.size() - 2;
  std::size_t bin = std::min(static_cast<std::size_t>((value - edges[0]) * bins_per_unit), last);
  // The product is rounded otherwise than the edges are.
  if (bin > 0 && value < edges[bin]) --bin;
  if (bin < last && value >= edges[bin + 1]) ++bin;
  return bin;
}

}  // namespace

Histogram histogram_of(std::span<const float> values, int bins, Transform transform) {
  require<InternalError>(bins > 0, "histogram: expected 1 bin or more, got ", bins);
  float least = std::numeric_limits<float>::infinity(), most = -least;
  for_each_block(values, transform, [&](std::span<const float> part) {
    for (const float value : part) {
      const bool is_finite = std::isfinite(value);
      least = is_finite && value < least ? value : least;
      most = is_finite && value > most ? value : most;
    }
  });
  const auto [begin, end] = range_of(least, most);
  Histogram histogram;
  if (least <= most) {
    histogram.least = least;
    histogram.most = most;
  }
  for (int i = 0; i < bins; ++i) histogram.edges.push_back(begin + (end - begin) * i / bins);
  histogram.edges.push_back(end);
  histogram.counts.resize(static_cast<std::size_t>(bins));
  const double bins_per_unit = bins / (end - begin);
  for_each_block(values, transform, [&](std::span<const float> part) {
    for (const double value : part) {
      if (!std::isfinite(value)) continue;
      ++histogram.counts[bin_of(value, histogram.edges, bins_per_unit)];
      histogram.sum += value;
      histogram.sum_of_squares += value * value;
    }
  });
  return histogram;
}

int rice_bins(std::int64_t values, int most) {
  const double bins =
      std::ceil(2 * std::cbrt(static_cast<double>(std::max<std::int64_t>(values, 1))));
  return static_cast<int>(std::min(bins, static_cast<double>(most)));
}

std::int64_t Histogram::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

}  // namespace credence
