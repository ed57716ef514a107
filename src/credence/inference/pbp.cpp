#include "credence/inference/pbp.h"

#include <chrono>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/distributions/softplus.h"
#include "credence/inference/pbp_chain.h"
#include "credence/inference/pbp_prior.h"

namespace credence {
namespace {

using Clock = std::chrono::steady_clock;

void check_belief(const char* name, const GammaBelief& belief) {
  require<ConfigError>(belief.shape > 1 && std::isfinite(belief.shape) && belief.rate > 0 &&
                           std::isfinite(belief.rate),
                       "pbp: ", name, ": expected a shape above 1 and a rate above 0, got ",
                       belief.shape, " and ", belief.rate);
}

/// Sets rho so that the loss's sigma, which is a floor and softplus(rho), is this, or as good as
/// the floor if it is below. The floor is what is left of sigma where softplus(rho) vanishes.
void set_sigma(double sigma, const Loss& loss, Parameter& rho) {
  Tensor output({1, 2}), variance({1, 1});
  output.data<float>()[1] = -200;
  loss.density()->predict_variance(output, variance);
  const double floor = std::sqrt(double{variance.data<float>()[0]});
  rho.value.fill(softplus_inverse(std::max(sigma - floor, 1e-6 * floor)));
}

/// What the examples of an epoch were predicted as, each before it was learnt from.
struct EpochSums {
  double nll = 0, squared_error = 0;
  std::int64_t examples = 0;
  double seconds = 0;

  void add(const PbpNetwork::Learnt& learnt, double target) {
    nll -= learnt.log_evidence;
    squared_error += (target - learnt.prediction.mean) * (target - learnt.prediction.mean);
    ++examples;
  }
  double mean_nll() const { return nll / static_cast<double>(examples); }
  double rmse() const { return std::sqrt(squared_error / static_cast<double>(examples)); }
  double samples_per_sec() const {
    return seconds > 0 ? static_cast<double>(examples) / seconds : 0;
  }
};

/// One run of the method.
class PbpRun {
 public:
  PbpRun(const PbpOptions& options, const Training& training)
      : training_(training),
        chain_(training.model),
        loader_(training.data, training.batches),
        network_(chain_.layers(), options.noise),
        info_(training.data->target_info()) {
    network_.weights() =
        chain_.initial_weights(training.options.seed, options.prior.expected_variance());
    prior_.emplace(network_.weights().mean.size(), options.prior);
  }

  Inferred run();

 private:
  void learn(const Batch& batch, EpochSums& sums, StepReport& report);
  EpochReport finish_epoch(const StepReport& last, const EpochSums& sums);
  /// The posterior, with the model set to its means.
  std::unique_ptr<GaussianSamples> write() const;
  double scale() const { return info_.units.empty() ? 1 : std::abs(info_.units[0].scale); }

  const Training& training_;
  PbpChain chain_;
  Loader loader_;
  PbpNetwork network_;
  std::optional<PbpPrior> prior_;
  TargetInfo info_;
};

Inferred PbpRun::run() {
  const std::int64_t steps = loader_.steps_per_epoch();
  TrainReport total;
  for (std::int64_t epoch = 1; epoch <= training_.options.epochs; ++epoch) {
    EpochSums sums;
    StepReport report;
    for (std::int64_t i = 1; i <= steps; ++i) {
      report = {.epoch = epoch,
                .epochs = training_.options.epochs,
                .step = (epoch - 1) * steps + i,
                .step_in_epoch = i,
                .steps_per_epoch = steps};
      const Clock::time_point begin = Clock::now();
      learn(loader_.load(static_cast<std::uint64_t>(report.step - 1)), sums, report);
      if (i == steps) prior_->refine(network_.weights());
      sums.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
      report.samples_per_sec = sums.samples_per_sec();
      for (Observer* observer : training_.observers) observer->on_step(report);
    }
    const EpochReport epoch_report = finish_epoch(report, sums);
    for (Observer* observer : training_.observers) observer->on_epoch(epoch_report);
    total.epochs = epoch;
    total.steps += steps;
    total.examples += sums.examples;
    total.train_seconds += sums.seconds;
  }
  for (Observer* observer : training_.observers) observer->on_end(total);
  return {.report = total, .weights = write()};
}

void PbpRun::learn(const Batch& batch, EpochSums& sums, StepReport& report) {
  const auto width = static_cast<std::size_t>(batch.src.shape().row_size());
  EpochSums own;
  for (std::size_t n = 0; n < batch.indices.size(); ++n) {
    const double target = batch.target.data<float>()[n];
    const PbpNetwork::Learnt learnt =
        network_.learn(batch.src.span<float>().subspan(n * width, width), target);
    require<NumericalError>(std::isfinite(learnt.log_evidence), "pbp: the evidence of example ",
                            batch.indices[n], " is not finite at step ", report.step, " (epoch ",
                            report.epoch, "); inputs and targets on a scale near 1 may help");
    own.add(learnt, target);
    sums.add(learnt, target);
  }
  report.loss = report.nll = own.mean_nll() + log_scale(info_);
}

EpochReport PbpRun::finish_epoch(const StepReport& last, const EpochSums& sums) {
  const double nll = sums.mean_nll() + log_scale(info_);
  EpochReport report{
      .epoch = last.epoch,
      .step = last.step,
      .values = {{"loss", nll},
                 {"nll", nll},
                 {"rmse", scale() * sums.rmse()},
                 {"noise_sigma", scale() * std::sqrt(network_.noise().expected_variance())}},
      .samples_per_sec = sums.samples_per_sec(),
      .seconds = sums.seconds};
  if (!training_.validation) return report;
  const std::unique_ptr<GaussianSamples> samples = write();
  Predictor predictor(training_.model, training_.loss, training_.options.seed,
                      training_.options.validation, samples.get());
  for (const auto& [name, value] :
       evaluate(predictor, *training_.validation, training_.communicator))
    report.values.emplace_back("val_" + name, value);
  return report;
}

std::unique_ptr<GaussianSamples> PbpRun::write() const {
  // The same on every rank, but for what different processors make of the last digits.
  NormalWeights weights = network_.weights();
  std::array<double, 1> noise{network_.noise().expected_variance()};
  for (const std::span<double> values :
       {std::span(weights.mean), std::span(weights.variance), std::span<double>(noise)})
    training_.communicator.broadcast(values, 0);
  set_sigma(std::sqrt(noise[0]), training_.loss, chain_.rho());
  return std::make_unique<GaussianSamples>(chain_.write(weights));
}

}  // namespace

Pbp::Pbp(const Options& options) : options_(options) {
  check_belief("noise", options.noise);
  check_belief("prior", options.prior);
}

void Pbp::check(const Training& training) const {
  require_deterministic("pbp", training);
  require<ConfigError>(!training.begins_from_weights,
                       "pbp begins at draws of its own: remove model.weights");
  require<ConfigError>(training.loss.problem() == Problem::density_regression,
                       "pbp is for regression with train.loss.type=gaussian, got ",
                       training.loss.name());
  const Shape targets = training.data->target_shape();
  require<ConfigError>(targets.size() == 1, "pbp is for one target, got ", targets.size());
  require<ConfigError>(training.loss.learned_rho().has_value(),
                       "pbp learns the noise: set train.loss.learn_sigma=true");
  PbpChain{training.model};
}

Inferred Pbp::run(const Training& training) {
  return PbpRun(options_, training).run();
}

}  // namespace credence
