#include "credence/inference/laplace.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/bayes/map_optimizer.h"
#include "credence/inference/evidence.h"
#include "credence/inference/fisher_walk.h"

namespace credence {
namespace {

/// w^T P w.
double squares_of(const CurvatureLayers& layers, const WeightPrior& prior) {
  double sum = 0;
  const auto add = [&](const Parameter& parameter) {
    for (const float w : parameter.value.span<float>())
      sum += prior.precision(parameter) * static_cast<double>(w) * static_cast<double>(w);
  };
  for (const auto& layer : layers) {
    add(layer->weight());
    if (layer->bias()) add(*layer->bias());
  }
  return sum;
}

}  // namespace

LaplaceApproximation::LaplaceApproximation(const Options& options)
    : options_(options), prior_("laplace", options.prior) {
  require<ConfigError>(options.fisher_samples >= 0 && options.fisher_samples <= 65536,
                       "laplace: expected 0 to 65536 fisher_samples, got ", options.fisher_samples);
}

void LaplaceApproximation::check(const Training& training) const {
  require_deterministic(name(), training);
  prior_.check(training.model.parameters());
  const Loss& loss = training.loss;
  require<ConfigError>(has_likelihood(loss.problem()), "laplace needs a likelihood, which ",
                       loss.name(), " is none: take train.loss=gaussian");
  require<ConfigError>(loss.fisher() != nullptr,
                       "laplace needs a likelihood whose Fisher "
                       "information is known, which that of ",
                       loss.name(), " is not");
  const CurvatureLayers layers =
      curvature_layers(training.model, options_.layers == LaplaceLayers::last);
  make_curvature(options_.structure, layers, prior_, training.data->size());
}

Inferred LaplaceApproximation::run(const Training& training) {
  const std::unique_ptr<Optimizer> optimizer = training.make_optimizer();
  MapOptimizer map(*optimizer, prior_, training.model.parameters(), training.data->size());
  Trained trained = train(training, map);
  Inferred inferred{.report = trained.report,
                    .optimizer_state = std::move(trained.optimizer_state)};

  const CurvatureLayers layers =
      curvature_layers(training.model, options_.layers == LaplaceLayers::last);
  const std::unique_ptr<Curvature> curvature =
      make_curvature(options_.structure, layers, prior_, training.data->size());
  Evidence evidence{.log_likelihood = walk_fisher(*curvature, training, options_.fisher_samples),
                    .squares = squares_of(layers, prior_)};
  evidence.eigenvalues = curvature->eigenvalues();
  const double scale = options_.tune_prior ? evidence.best_scale() : 1;
  inferred.weights = curvature->posterior(scale);
  // Ranks on other processors may find other eigenvectors.
  for (NamedTensor& tensor : inferred.weights->state())
    training.communicator.broadcast(tensor.tensor.span<float>(), 0);
  inferred.figures = {{"log_evidence", evidence.log_evidence(scale)},
                      {"prior_sigma", options_.prior.sigma / std::sqrt(scale)},
                      {"effective_weights", evidence.effective_weights(scale)}};
  return inferred;
}

}  // namespace credence
