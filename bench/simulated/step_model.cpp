#include "step_model.h"

#include <algorithm>
#include <array>
#include <ranges>

#include "clock.h"

#include "credence/comm/tree_sum.h"
#include "credence/random/noise.h"

namespace credence::simulated {
namespace {

/// Of requests and losses, as a trainer sums them in each step.
constexpr std::size_t figure_count = 12;
/// Beyond those of buckets.
constexpr int figures_tag = 32'700;

std::size_t gradient_count(const LayerCost& layer, const StepOptions& options) {
  return wire_bytes(layer, options.wire) / (sizeof(float) * options.scale);
}

std::size_t gradient_count(const Network& network, const StepOptions& options) {
  std::size_t count = 0;
  for (const LayerCost& layer : network) count += gradient_count(layer, options);
  return count;
}

GradientBucketsOptions scaled(GradientBucketsOptions buckets, std::size_t scale) {
  buckets.bucket_bytes /= scale;
  return buckets;
}

}  // namespace

StepModel::StepModel(Communicator& communicator, Network network, const StepOptions& options)
    : options_(options),
      ranks_(communicator),
      gradients_(gradient_count(network, options)),
      figures_(std::max<std::size_t>(figure_count / options.scale, 1)),
      communicator_(communicator, std::span(gradients_),
                    options.add_bytes_per_s / static_cast<double>(options.scale)),
      buckets_(communicator_, std::span(gradients_), scaled(options.buckets, options.scale),
               GradientSumOptions{.order = options.order}) {
  std::size_t offset = 0;
  for (const LayerCost& layer : std::views::reverse(network)) {
    const std::size_t count = gradient_count(layer, options);
    layers_.push_back({.compute_share = layer.compute_share, .offset = offset, .count = count});
    offset += count;
  }
}

double StepModel::seconds_a_step(bool sums_gradients) {
  for (int step = 0; step < options_.warm_up; ++step) take_step(0, sums_gradients);
  ranks_.barrier();
  const double begin = seconds_now();
  for (int step = 1; step <= options_.steps; ++step) take_step(step, sums_gradients);
  return (seconds_now() - begin) / options_.steps;
}

void StepModel::take_step(int step, bool sums_gradients) {
  const double seconds = options_.compute_s * slowness(step);
  const bool communicates = step % options_.average_every == 0;
  const bool overlaps = sums_gradients && options_.average_every == 1;
  compute(seconds * options_.forward_share);
  Request figures;
  if (overlaps) figures = start_figures();
  for (const Layer& layer : layers_) {
    compute(seconds * (1 - options_.forward_share) * layer.compute_share);
    if (overlaps) buckets_.add(layer.offset, layer.count);
  }
  if (!communicates) return;
  // Without gradients nothing else holds back the ranks that are done first.
  if (!overlaps) figures = start_figures();
  if (sums_gradients) buckets_.finalize();
  figures.wait();
}

Request StepModel::start_figures() {
  return start_tree_sum(ranks_, std::span(figures_), figures_tag);
}

void StepModel::compute(double seconds) {
  if (options_.progress == Progress::layers) return sleep_for(seconds);
  // A simulation's clock does not move for less than `shortest_s`. Looking more rarely while other
  // ranks are awaited saves most of a simulation's work.
  constexpr double shortest_s = 1e-7;
  const double longest_s = std::max(options_.poll_s, options_.compute_s / 100);
  const double end = seconds_now() + seconds;
  double left = seconds, pause = options_.poll_s;
  while (communicator_.under_way() > 0 && left > shortest_s) {
    const std::int64_t finished = communicator_.finished();
    buckets_.progress();
    pause = communicator_.finished() > finished ? options_.poll_s : std::min(2 * pause, longest_s);
    sleep_for(std::min(pause, end - seconds_now()));
    left = end - seconds_now();
  }
  sleep_for(left);
}

double StepModel::slowness(int step) const {
  const NoiseKey key = noise_key(options_.seed, Stream::noise, "simulated.compute");
  std::array<float, 4> draws{};
  fill_normal(std::span(draws).first(1), key,
              {.step = options_.persistent ? 0 : static_cast<std::uint64_t>(step),
               .example = static_cast<std::uint32_t>(communicator_.rank())});
  return 1 + options_.jitter * static_cast<double>(draws[0]);
}

}  // namespace credence::simulated
