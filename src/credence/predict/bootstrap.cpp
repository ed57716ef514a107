#include "credence/predict/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "credence/base/errors.h"
#include "credence/comm/gather.h"
#include "credence/distributions/sample_quantile.h"
#include "credence/kernels/parallel.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

/// P(X <= j) of X ~ Poisson(1): as far as a float uniform can tell it from 1.
constexpr std::array<float, 10> poisson_cdf = [] {
  std::array<float, 10> cdf{};
  double term = 0.36787944117144233, sum = 0;  // exp(-1)
  for (std::size_t j = 0; j < cdf.size(); ++j) {
    sum += term;
    cdf[j] = static_cast<float>(sum);
    term /= static_cast<double>(j + 1);
  }
  return cdf;
}();

/// One example's part in one of the sums of a metric.
struct Contribution {
  std::size_t sum;
  double value;
};

/// What each example adds to the sums of all metrics, those of the second behind those of the
/// first, and so on. Most are zero, and are left out.
class Contributions {
 public:
  Contributions(std::span<const std::unique_ptr<Metric>> metrics, const PredictedPart& part)
      : ends_(static_cast<std::size_t>(part.end - part.begin)) {
    for (const auto& metric : metrics) {  // how many sums there are may depend on the classes
      metric->update(rows_of(part.predictions, 0, 0), part.target.rows(0, 0));
      sums_ += metric->sums().size();
    }
    for (std::size_t n = 0; n < ends_.size(); ++n) {
      const auto row = static_cast<std::int64_t>(n);
      const Predictions predictions = rows_of(part.predictions, row, 1);
      const Tensor target = part.target.rows(row, 1);
      std::size_t first = 0;
      for (const auto& metric : metrics) {
        metric->reset();
        metric->update(predictions, target);
        add(first, metric->sums());
        first += metric->sums().size();
      }
      ends_[n] = entries_.size();
    }
  }

  std::size_t sums() const { return sums_; }
  std::size_t examples() const { return ends_.size(); }
  std::span<const Contribution> of(std::size_t example) const {
    const std::size_t begin = example == 0 ? 0 : ends_[example - 1];
    return std::span(entries_).subspan(begin, ends_[example] - begin);
  }

 private:
  void add(std::size_t first, std::span<const double> values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] != 0) entries_.push_back({first + i, values[i]});
  }

  std::vector<Contribution> entries_;
  std::vector<std::size_t> ends_;
  std::size_t sums_ = 0;
};

/// [sums, replicates]: the sums over this rank's examples.
std::vector<double> replicate_sums(const Contributions& contributions, std::int64_t begin,
                                   std::int64_t replicates, NoiseKey key) {
  const auto width = static_cast<std::size_t>(replicates);
  std::vector<double> sums(contributions.sums() * width);
  parallel_for(replicates, {.least = 64, .unit = 64}, [&](std::int64_t from, std::int64_t to) {
    std::vector<float> counts(static_cast<std::size_t>(to - from));
    for (std::size_t n = 0; n < contributions.examples(); ++n) {
      fill_poisson_counts(counts, key, begin + static_cast<std::int64_t>(n), from);
      for (const Contribution& part : contributions.of(n)) {
        double* const sum = sums.data() + part.sum * width + from;
        for (std::size_t r = 0; r < counts.size(); ++r)
          sum[r] += part.value * static_cast<double>(counts[r]);
      }
    }
  });
  return sums;
}

/// A metric's value in each replicate, of sums [..., replicates] of which its own begin at `first`.
std::vector<double> values_of_sums(Metric& metric, std::span<const double> sums, std::size_t first,
                                   std::int64_t replicates) {
  std::vector<double> values(static_cast<std::size_t>(replicates));
  for (std::size_t r = 0; r < values.size(); ++r) {
    const std::span<double> own = metric.sums();
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = sums[(first + i) * values.size() + r];
    values[r] = metric.value();
  }
  return values;
}

/// The same of a metric that needs all examples: ranks share the replicates, not the examples.
std::vector<double> values_of_examples(const std::string& name,
                                       std::span<const ScoredExample> examples,
                                       std::int64_t replicates, NoiseKey key,
                                       Communicator& communicator) {
  constexpr std::int64_t together = 4;  // replicates whose counts are made at once
  std::vector<double> values(static_cast<std::size_t>(replicates));
  const std::int64_t groups = (replicates + together - 1) / together;
  const std::int64_t begin = groups * communicator.rank() / communicator.size();
  const std::int64_t end = groups * (communicator.rank() + 1) / communicator.size();
  parallel_for_each(end - begin, [&](std::int64_t i) {
    const std::int64_t first = (begin + i) * together;
    const auto width = static_cast<std::size_t>(std::min(together, replicates - first));
    std::array<std::vector<ScoredExample>, together> drawn;
    std::array<float, together> counts{};
    for (std::size_t n = 0; n < examples.size(); ++n) {
      fill_poisson_counts(counts, key, static_cast<std::int64_t>(n), first);
      for (std::size_t r = 0; r < width; ++r)
        drawn[r].insert(drawn[r].end(), static_cast<std::size_t>(counts[r]), examples[n]);
    }
    const std::unique_ptr<Metric> metric = make_metric(name);
    for (std::size_t r = 0; r < width; ++r) {
      *metric->collected() = std::move(drawn[r]);
      values[static_cast<std::size_t>(first) + r] = metric->value();
    }
  });
  communicator.sum(std::span(values));  // each is zero on all ranks but one
  return values;
}

Interval percentile_interval(std::vector<double> values, double level) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {none, none};
  std::ranges::sort(values);
  return {sample_quantile(values, (1 - level) / 2), sample_quantile(values, (1 + level) / 2)};
}

}  // namespace

void BootstrapOptions::check() const {
  require<ConfigError>(replicates >= 40 && replicates <= 100000,
                       "expected 40 to 100000 bootstrap replicates, got ", replicates);
  require<ConfigError>(level > 0 && level < 1, "expected a level between 0 and 1, got ", level);
}

void fill_poisson_counts(std::span<float> counts, NoiseKey key, std::int64_t example,
                         std::int64_t first) {
  fill_uniform(counts, key, {.example = static_cast<std::uint32_t>(example)},
               static_cast<std::uint64_t>(first));
  for (float& count : counts) {
    const float uniform = count;
    count = 0;
    for (const float at_most : poisson_cdf) count += uniform > at_most ? 1.0F : 0.0F;
  }
}

std::vector<Interval> bootstrap_intervals(std::span<const std::string> names,
                                          const PredictedPart& part,
                                          const BootstrapOptions& options,
                                          Communicator& communicator) {
  options.check();
  const NoiseKey key = noise_key(options.seed, Stream::noise, "bootstrap");
  std::vector<std::unique_ptr<Metric>> metrics;
  for (const std::string& name : names) metrics.push_back(make_metric(name));
  const Contributions contributions(metrics, part);
  std::vector<double> sums = replicate_sums(contributions, part.begin, options.replicates, key);
  communicator.sum(std::span(sums));

  std::vector<Interval> intervals;
  std::size_t first = 0;
  for (const auto& metric : metrics) {
    std::vector<double> values;
    if (metric->collected()) {
      metric->reset();
      metric->update(part.predictions, part.target);
      const auto examples = all_gather_records<ScoredExample>(communicator, *metric->collected());
      values = values_of_examples(metric->name(), examples, options.replicates, key, communicator);
    } else {
      values = values_of_sums(*metric, sums, first, options.replicates);
      first += metric->sums().size();
    }
    intervals.push_back(percentile_interval(std::move(values), options.level));
  }
  return intervals;
}

}  // namespace credence
