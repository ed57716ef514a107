#include "credence/diagnostics/pruning.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "credence/base/errors.h"
#include "credence/diagnostics/posterior_summary.h"

namespace credence {
namespace {

constexpr float rho_of_no_noise = -200;  // softplus gives 0

std::vector<double> magnitudes(const Tensor& weights) {
  std::vector<double> sizes;
  for (const float weight : weights.span<float>())
    sizes.push_back(std::isnan(weight) ? std::numeric_limits<double>::infinity()
                                       : std::abs(weight));
  return sizes;
}

}  // namespace

Pruner::Pruner(Model& model) {
  const auto add = [&](Parameter& values, Parameter* rho, const std::vector<double>& importance) {
    const auto group = static_cast<std::uint32_t>(groups_.size());
    groups_.push_back({&values, rho, values.value.clone(), rho ? rho->value.clone() : Tensor()});
    for (std::size_t i = 0; i < importance.size(); ++i)
      order_.push_back({importance[i], group, static_cast<std::uint32_t>(i)});
  };
  for (const Belief& belief : model.beliefs())
    add(belief.posterior->mu, &belief.posterior->rho, signal_to_noise(*belief.posterior));
  if (!model.is_bayesian())
    for (Parameter* parameter : model.parameters())
      if (parameter->value.shape().rank() > 1)
        add(*parameter, nullptr, magnitudes(parameter->value));
  std::ranges::sort(order_, {}, [](const Place& place) {
    return std::tuple(place.importance, place.group, place.element);
  });
}

Pruner::~Pruner() {
  restore();
}

void Pruner::restore() {
  for (Group& group : groups_) {
    group.values->value.copy_from(group.kept_values);
    if (group.rho) group.rho->value.copy_from(group.kept_rho);
  }
}

std::int64_t Pruner::prune(double share) {
  require<InternalError>(share >= 0 && share <= 1, "pruning: a share of ", share);
  restore();
  const auto count = static_cast<std::size_t>(std::llround(share * static_cast<double>(weights())));
  for (const Place& place : std::span(order_).first(count)) {
    const Group& group = groups_[place.group];
    group.values->value.span<float>()[place.element] = 0;
    if (group.rho) group.rho->value.span<float>()[place.element] = rho_of_no_noise;
  }
  return static_cast<std::int64_t>(count);
}

std::vector<PruningPoint> pruning_curve(Model& model, Predictor& predictor, const Dataset& dataset,
                                        Communicator& communicator,
                                        std::span<const double> shares) {
  Pruner pruner(model);
  std::vector<PruningPoint> curve;
  for (const double share : shares) {
    const std::int64_t removed = pruner.prune(share);
    curve.push_back({share, removed, evaluate(predictor, dataset, communicator)});
  }
  return curve;
}

}  // namespace credence
