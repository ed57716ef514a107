#include "credence/inference/hmc_chain.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

constexpr double runaway = 1000;  // nats, as in Stan

}  // namespace

HmcChain::HmcChain(Potential& potential, const HmcChainOptions& options)
    : potential_(potential), options_(options), adapter_(1, options.target_acceptance) {
  now_.w = potential.position();
  potential.agree(now_.w);
  evaluate(now_);
  require<NumericalError>(std::isfinite(now_.energy),
                          "hmc: the log posterior of the initial weights is not finite");
  variance_.assign(now_.w.size(), 1);
  for (std::size_t i = 0; i < variance_.size(); ++i) variance_[i] = 1 / potential.precision()[i];
  mean_.assign(now_.w.size(), 0);
  squares_ = mean_;
  window_ = std::max<std::int64_t>(10, options.warmup / 20);
  next_window_ = options.warmup / 8 + window_;
  step_size_ = find_first_step();
  adapter_.restart(step_size_);
}

void HmcChain::evaluate(State& state) {
  state.gradient.resize(state.w.size());
  state.energy = potential_.evaluate(state.w, state.gradient);
  state.nll = potential_.nll();
  ++gradients_;
}

double HmcChain::kinetic(std::span<const double> momentum) const {
  double sum = 0;
  for (std::size_t i = 0; i < momentum.size(); ++i) sum += variance_[i] * momentum[i] * momentum[i];
  return sum / 2;
}

double HmcChain::uniform(const char* what) const {
  const std::uint64_t bits = draw_bits(noise_key(options_.seed, Stream::posterior, what),
                                       {.step = static_cast<std::uint64_t>(trajectories_)}, 0);
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

bool HmcChain::run(State& next, std::vector<double>& momentum, std::int64_t steps, double energy) {
  const std::size_t size = momentum.size();
  for (std::int64_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < size; ++i) momentum[i] -= step_size_ / 2 * next.gradient[i];
    for (std::size_t i = 0; i < size; ++i) next.w[i] += step_size_ * variance_[i] * momentum[i];
    evaluate(next);
    for (std::size_t i = 0; i < size; ++i) momentum[i] -= step_size_ / 2 * next.gradient[i];
    double error = next.energy + kinetic(momentum) - energy;
    potential_.agree(std::span(&error, 1));
    if (!(error < runaway)) return false;
  }
  return true;
}

void HmcChain::step() {
  std::vector<double> momentum(now_.w.size());
  fill_normal(std::span(momentum), noise_key(options_.seed, Stream::posterior, "momentum"),
              {.step = static_cast<std::uint64_t>(trajectories_)});
  for (std::size_t i = 0; i < momentum.size(); ++i) momentum[i] /= std::sqrt(variance_[i]);
  const double energy = now_.energy + kinetic(momentum);
  const auto most = static_cast<double>(options_.leapfrog_steps);
  const auto steps = static_cast<std::int64_t>(std::ceil(most * (0.5 + uniform("length") / 2)));

  State next = now_;
  divergent_ = !run(next, momentum, steps, energy);
  acceptance_ = divergent_ ? 0 : std::min(1.0, std::exp(energy - next.energy - kinetic(momentum)));
  potential_.agree(std::span(&acceptance_, 1));
  if (uniform("acceptance") < acceptance_) now_ = std::move(next);
  ++trajectories_;
  if (trajectories_ <= options_.warmup) adapt();
}

void HmcChain::adapt() {
  adapter_.update(acceptance_);
  step_size_ = adapter_.now();
  // The first eighth finds the bulk of the posterior; the last one the final step size.
  const bool in_windows =
      trajectories_ > options_.warmup / 8 && trajectories_ <= options_.warmup - options_.warmup / 8;
  if (in_windows) {
    ++in_window_;
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const double departure = now_.w[i] - mean_[i];
      mean_[i] += departure / static_cast<double>(in_window_);
      squares_[i] += departure * (now_.w[i] - mean_[i]);
    }
    if (trajectories_ == next_window_ || trajectories_ == options_.warmup - options_.warmup / 8) {
      // Drawn towards a thousandth of the prior's variance with the weight of five samples, as
      // Stan does towards 1e-3.
      const auto n = static_cast<double>(in_window_);
      for (std::size_t i = 0; i < variance_.size() && in_window_ > 1; ++i) {
        const double own = squares_[i] / (n - 1);
        variance_[i] = n / (n + 5) * own + 5 / (n + 5) * 1e-3 / potential_.precision()[i];
      }
      std::ranges::fill(mean_, 0);
      std::ranges::fill(squares_, 0);
      in_window_ = 0;
      window_ *= 2;
      next_window_ = trajectories_ + window_;
      // A last window that would be cut short is joined to this one.
      const std::int64_t end = options_.warmup - options_.warmup / 8;
      if (next_window_ + 2 * window_ > end) next_window_ = end;
      adapter_.restart(step_size_ = find_first_step());
    }
  }
  if (trajectories_ == options_.warmup) step_size_ = adapter_.mean();
  potential_.agree(std::span(&step_size_, 1));
}

/// A step whose energy error is near log 2. Source: Hoffman and Gelman 2014, algorithm 4.
double HmcChain::find_first_step() {
  std::vector<double> drawn(now_.w.size());
  fill_normal(std::span(drawn), noise_key(options_.seed, Stream::posterior, "first step"),
              {.step = static_cast<std::uint64_t>(trajectories_)});
  for (std::size_t i = 0; i < drawn.size(); ++i) drawn[i] /= std::sqrt(variance_[i]);
  const double energy = now_.energy + kinetic(drawn);
  const auto is_small = [&](double step) {
    step_size_ = step;
    State next = now_;
    std::vector<double> momentum = drawn;
    if (!run(next, momentum, 1, energy)) return false;
    double gain = energy - next.energy - kinetic(momentum);
    potential_.agree(std::span(&gain, 1));
    return gain > std::log(0.5);
  };
  double step = step_size_ > 0 ? step_size_ : 0.1;
  const bool grows = is_small(step);
  for (int i = 0; i < 60; ++i) {
    const double other = grows ? 2 * step : step / 2;
    const bool small = is_small(other);
    if (!grows || small) step = other;
    if (small != grows) break;
  }
  return step;
}

}  // namespace credence
