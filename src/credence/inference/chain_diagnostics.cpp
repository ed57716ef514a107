#include "credence/inference/chain_diagnostics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace credence {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// With the divisor `size - 1`.
double variance(std::span<const double> values) {
  const double center = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - center) * (value - center);
  return sum / static_cast<double>(values.size() - 1);
}

/// The first and the second half of each chain; a middle value is left out.
Chains halves(const Chains& chains) {
  Chains halves;
  for (const std::vector<double>& chain : chains) {
    const auto half = static_cast<std::ptrdiff_t>(chain.size() / 2);
    halves.emplace_back(chain.begin(), chain.begin() + half);
    halves.emplace_back(chain.end() - half, chain.end());
  }
  return halves;
}

bool are_long_enough(const Chains& chains) {
  return !chains.empty() &&
         std::ranges::all_of(chains, [](const auto& chain) { return chain.size() >= 4; });
}

/// The variance within chains, and the overestimate of the whole one that R-hat compares it to.
struct Variances {
  double within, whole;
};
Variances variances_of(const Chains& chains) {
  std::vector<double> means, within;
  for (const std::vector<double>& chain : chains) {
    means.push_back(mean(chain));
    within.push_back(variance(chain));
  }
  const auto length = static_cast<double>(chains[0].size());
  const double w = mean(within);
  return {.within = w, .whole = (length - 1) / length * w + variance(means)};
}

/// Mean over the chains of the autocovariance at a lag, with the divisor `size`.
double autocovariance(const Chains& chains, std::size_t lag) {
  double sum = 0;
  for (const std::vector<double>& chain : chains) {
    const double center = mean(chain);
    double product = 0;
    for (std::size_t i = lag; i < chain.size(); ++i)
      product += (chain[i] - center) * (chain[i - lag] - center);
    sum += product / static_cast<double>(chain.size());
  }
  return sum / static_cast<double>(chains.size());
}

}  // namespace

double split_r_hat(const Chains& chains) {
  if (!are_long_enough(chains)) return nan;
  const Variances v = variances_of(halves(chains));
  return std::sqrt(v.whole / v.within);
}

double effective_sample_size(const Chains& all) {
  if (!are_long_enough(all)) return nan;
  const Chains chains = halves(all);
  const Variances v = variances_of(chains);
  const std::size_t length = chains[0].size();
  const auto correlation = [&](std::size_t lag) {
    return 1 - (v.within - autocovariance(chains, lag)) / v.whole;
  };
  double sum = 0;
  double last_pair = std::numeric_limits<double>::infinity();
  for (std::size_t lag = 0; lag + 1 < length; lag += 2) {
    const double pair = (lag == 0 ? 1 : correlation(lag)) + correlation(lag + 1);
    if (pair < 0) break;
    last_pair = std::min(pair, last_pair);
    sum += last_pair;
  }
  const auto draws = static_cast<double>(chains.size() * length);
  return draws / std::max(2 * sum - 1, 1 / std::log10(draws));
}

}  // namespace credence
