#include "credence/train/step_figures.h"

#include <array>
#include <numeric>

namespace credence {
namespace {

/// Of a CheckpointRequest.
constexpr std::size_t request_figures = 4;

}  // namespace

StepFigures::StepFigures(Communicator& communicator, int shards)
    : communicator_(communicator),
      shards_(static_cast<std::size_t>(shards)),
      figures_(request_figures) {}

void StepFigures::begin(const Step& step, const CheckpointRequest& own) {
  if (figures_.empty()) {
    steps_.clear();
    figures_.assign(request_figures, 0);
  }
  const std::array asked{own.save, own.announce, own.end, own.best_failed};
  for (std::size_t i = 0; i < request_figures; ++i) figures_[i] += asked[i];
  steps_.push_back(step);
  figures_.resize(figures_.size() + shards_ + 1);
}

std::span<double> StepFigures::nll() {
  return std::span(figures_).last(shards_ + 1).first(shards_);
}

double& StepFigures::kl() {
  return figures_.back();
}

CheckpointRequest StepFigures::request() const {
  return {
      .save = figures_[0], .announce = figures_[1], .end = figures_[2], .best_failed = figures_[3]};
}

std::span<StepFigures::Step> StepFigures::take(double scale) {
  const double* figure = figures_.data() + request_figures;
  for (Step& step : steps_) {
    step.report.nll = scale * std::accumulate(figure, figure + shards_, 0.0);
    step.report.kl = scale * figure[shards_];
    figure += shards_ + 1;
  }
  figures_.clear();
  return steps_;
}

}  // namespace credence
