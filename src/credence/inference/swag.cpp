#include "credence/inference/swag.h"

#include <cmath>
#include <deque>

#include "credence/base/errors.h"
#include "credence/bayes/gaussian_samples.h"
#include "credence/data/batch_plan.h"
#include "credence/optim/checks.h"

namespace credence {
namespace {

/// After which steps, counted from 1, snapshots are taken.
struct SnapshotPlan {
  std::int64_t first, every, last;

  bool has(std::int64_t step) const { return step >= first && (step - first) % every == 0; }
  std::int64_t count() const { return last < first ? 0 : (last - first) / every + 1; }
};

SnapshotPlan plan_of(const SwagOptions& options, const Training& training) {
  const std::int64_t of_epoch = BatchPlan(*training.data, training.batches, 0, 1).steps_per_epoch();
  const std::int64_t every = options.every_steps > 0 ? options.every_steps : of_epoch;
  const auto skipped = static_cast<std::int64_t>(
      std::floor(options.start * static_cast<double>(training.options.epochs)));
  return {.first = skipped * of_epoch + every,
          .every = every,
          .last = training.options.epochs * of_epoch};
}

/// Moments of the weights, in double.
class Snapshots : public Observer, public Stateful {
 public:
  Snapshots(const SnapshotPlan& plan, std::int64_t rank, Model& model)
      : plan_(plan), rank_(static_cast<std::size_t>(rank)), model_(model) {
    for (const Parameter* parameter : model.parameters()) {
      const auto size = static_cast<std::size_t>(parameter->value.size());
      moments_.push_back({std::vector<double>(size), std::vector<double>(size), {}});
    }
  }

  void on_step(const StepReport& report) override {
    if (!plan_.has(report.step)) return;
    ++count_;
    for (std::size_t p = 0; p < moments_.size(); ++p) add(*model_.parameters()[p], moments_[p]);
  }

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> state{{"swag.count", Tensor({1}, DType::float64)}};
    state[0].tensor.fill(static_cast<double>(count_));
    for (std::size_t p = 0; count_ > 0 && p < moments_.size(); ++p) {
      const Parameter& parameter = *model_.parameters()[p];
      const Shape& shape = parameter.value.shape();
      const auto add = [&](const char* what, const auto& values, DType dtype, const Shape& as) {
        state.push_back({concat("swag.", what, ".", parameter.name), Tensor(as, dtype)});
        using T = std::decay_t<decltype(values[0])>;
        std::ranges::copy(values, state.back().tensor.template data<T>());
      };
      const Moments& moments = moments_[p];
      add("mean", moments.mean, DType::float64, shape);
      add("squares", moments.squares, DType::float64, shape);
      std::vector<float> deviations;
      for (const std::vector<float>& deviation : moments.deviations)
        deviations.insert(deviations.end(), deviation.begin(), deviation.end());
      add("deviations", deviations, DType::float32,
          shape.prepend(static_cast<std::int64_t>(moments.deviations.size())));
    }
    return state;
  }

  void restore(std::int64_t /*step*/, const SavedState& state) override {
    count_ =
        static_cast<std::int64_t>(state.take("swag.count", {1}, DType::float64).data<double>()[0]);
    for (std::size_t p = 0; count_ > 0 && p < moments_.size(); ++p) {
      const Parameter& parameter = *model_.parameters()[p];
      const Shape& shape = parameter.value.shape();
      const auto key = [&](const char* what) { return concat("swag.", what, ".", parameter.name); };
      Moments& moments = moments_[p];
      const Tensor mean = state.take(key("mean"), shape, DType::float64);
      const Tensor squares = state.take(key("squares"), shape, DType::float64);
      const Tensor deviations = state.take_rows(key("deviations"), shape, DType::float32);
      std::ranges::copy(mean.span<double>(), moments.mean.begin());
      std::ranges::copy(squares.span<double>(), moments.squares.begin());
      for (std::int64_t kept = 0; kept < deviations.shape()[0]; ++kept) {
        const Tensor row = deviations.rows(kept, 1);
        moments.deviations.emplace_back(row.span<float>().begin(), row.span<float>().end());
      }
    }
  }

  /// Sets the parameters to their mean, and gives the normal.
  std::vector<GaussianSamples::Marginal> finish(double scale) {
    std::vector<GaussianSamples::Marginal> marginals;
    for (std::size_t p = 0; p < moments_.size(); ++p) {
      Parameter& parameter = *model_.parameters()[p];
      const Moments& moments = moments_[p];
      const Shape& shape = parameter.value.shape();
      const auto kept = static_cast<std::int64_t>(moments.deviations.size());
      GaussianSamples::Marginal marginal{.parameter = parameter.name,
                                         .mean = Tensor(shape),
                                         .sigma = Tensor(shape),
                                         .deviations = Tensor(shape.prepend(kept))};
      for (std::size_t i = 0; i < moments.mean.size(); ++i) {
        const double variance = moments.squares[i] / static_cast<double>(count_);
        marginal.mean.span<float>()[i] = static_cast<float>(moments.mean[i]);
        marginal.sigma.span<float>()[i] = static_cast<float>(std::sqrt(scale * variance / 2));
      }
      const double factor = std::sqrt(scale / (2 * static_cast<double>(kept - 1)));
      float* to = marginal.deviations.data<float>();
      for (const std::vector<float>& deviation : moments.deviations)
        for (const float value : deviation) *to++ = static_cast<float>(factor * value);
      parameter.value.copy_from(marginal.mean);
      marginals.push_back(std::move(marginal));
    }
    return marginals;
  }

 private:
  struct Moments {
    std::vector<double> mean, squares;  ///< running mean, and sum of squared departures from it
    std::deque<std::vector<float>> deviations;
  };

  void add(const Parameter& parameter, Moments& moments) {
    const auto values = parameter.value.span<float>();
    std::vector<float> deviation(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double departure = values[i] - moments.mean[i];
      moments.mean[i] += departure / static_cast<double>(count_);
      moments.squares[i] += departure * (values[i] - moments.mean[i]);
      deviation[i] = static_cast<float>(values[i] - moments.mean[i]);
    }
    moments.deviations.push_back(std::move(deviation));
    if (moments.deviations.size() > rank_) moments.deviations.pop_front();
  }

  SnapshotPlan plan_;
  std::size_t rank_;
  Model& model_;
  std::int64_t count_ = 0;
  std::vector<Moments> moments_;
};

}  // namespace

Swag::Swag(const Options& options) : options_(options) {
  require_fraction("swag", "start", options.start);
  require<ConfigError>(options.every_steps >= 0, "swag: every_steps: expected 0 or more, got ",
                       options.every_steps);
  require<ConfigError>(options.rank >= 2, "swag: rank: expected 2 or more, got ", options.rank);
  require_positive("swag", "scale", options.scale);
}

void Swag::check(const Training& training) const {
  require_deterministic(name(), training);
  const std::int64_t count = plan_of(options_, training).count();
  require<ConfigError>(count >= 2, "swag: expected 2 snapshots or more, got ", count,
                       ": train more epochs, or give a smaller start or every_steps");
}

Inferred Swag::run(const Training& training) {
  Snapshots snapshots(plan_of(options_, training), options_.rank, training.model);
  Training own = training;
  own.observers.push_back(&snapshots);
  own.stateful.push_back(&snapshots);
  const std::unique_ptr<Optimizer> optimizer = training.make_optimizer();
  Trained trained = train(own, *optimizer);
  auto posterior = std::make_unique<GaussianSamples>(snapshots.finish(options_.scale));
  return {.report = trained.report,
          .weights = std::move(posterior),
          .optimizer_state = std::move(trained.optimizer_state)};
}

}  // namespace credence
