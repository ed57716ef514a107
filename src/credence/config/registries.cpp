#include "credence/config/registries.h"

#include "credence/bayes/cross_entropy_prior.h"
#include "credence/bayes/flipout.h"
#include "credence/bayes/gaussian_prior.h"
#include "credence/bayes/local_reparameterization.h"
#include "credence/bayes/moped_prior.h"
#include "credence/bayes/per_example.h"
#include "credence/bayes/reparameterization.h"
#include "credence/comm/bfloat16.h"
#include "credence/comm/int8.h"
#include "credence/comm/top_k.h"
#include "credence/inference/cyclical_mcmc.h"
#include "credence/inference/ensemble.h"
#include "credence/inference/hmc.h"
#include "credence/inference/ivon.h"
#include "credence/inference/laplace.h"
#include "credence/inference/pbp.h"
#include "credence/inference/single.h"
#include "credence/inference/swag.h"
#include "credence/layers/conv1d.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/dropout.h"
#include "credence/layers/flatten.h"
#include "credence/layers/gelu.h"
#include "credence/layers/pooling1d.h"
#include "credence/layers/relu.h"
#include "credence/layers/sigmoid.h"
#include "credence/layers/softmax.h"
#include "credence/layers/tanh.h"
#include "credence/losses/binary_cross_entropy.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/losses/gaussian_likelihood.h"
#include "credence/losses/mean_squared_error.h"
#include "credence/optim/adam.h"
#include "credence/optim/nadam.h"
#include "credence/optim/sgd.h"

namespace credence {
namespace {

/// A layer whose weights, if it has any, cannot vary.
template <class L>
LayerEntry layer() {
  const auto read = [](OptionReader& reader) -> NodeOperation {
    const Factory<Layer> factory = entry<L>();
    return LayerFactory(factory.prepare(reader));
  };
  return {read, &describe_options<L>};
}

/// A layer that is a linear map: deterministic or variational.
template <class Options>
LayerEntry linear(LinearSpec (*make)(const Options&)) {
  const auto read = [make](OptionReader& reader) -> NodeOperation {
    Options options;
    reader.read(options);
    return reader.check([&] { return make(options); });
  };
  const auto describe = [] {
    OptionReader reader;
    Options options;
    reader.read(options);
    return reader.options();
  };
  return {read, describe};
}

}  // namespace

const Registry<LayerEntry>& layer_registry() {
  static const Registry<LayerEntry> layers("layer type", {
                                                             {"Dense", linear(dense)},
                                                             {"Conv2D", linear(conv2d)},
                                                             {"Conv1D", linear(conv1d)},
                                                             {"MaxPool2D", layer<MaxPool2d>()},
                                                             {"AvgPool2D", layer<AvgPool2d>()},
                                                             {"MaxPool1D", layer<MaxPool1d>()},
                                                             {"AvgPool1D", layer<AvgPool1d>()},
                                                             {"Flatten", layer<Flatten>()},
                                                             {"Dropout", layer<Dropout>()},
                                                             {"ReLU", layer<ReLU>()},
                                                             {"Sigmoid", layer<Sigmoid>()},
                                                             {"Tanh", layer<Tanh>()},
                                                             {"GELU", layer<GELU>()},
                                                             {"Softmax", layer<Softmax>()},
                                                         });
  return layers;
}

const Registry<Factory<Estimator>>& estimator_registry() {
  static const Registry<Factory<Estimator>> estimators(
      "estimator", {
                       {"flipout", entry<Flipout>()},
                       {"reparameterization", entry<Reparameterization>()},
                       {"local_reparameterization", entry<LocalReparameterization>()},
                       {"per_example", entry<PerExample>()},
                   });
  return estimators;
}

const Registry<Factory<Prior>>& prior_registry() {
  static const Registry<Factory<Prior>> priors(
      "prior", {
                   {"gaussian", entry<GaussianPrior>()},
                   {"scaled_gaussian", entry<ScaledGaussianPrior>()},
                   {"empirical_gaussian", entry<EmpiricalGaussianPrior>()},
                   {"laplace", entry<LaplacePrior>()},
                   {"scale_mixture", entry<ScaleMixturePrior>()},
                   {"moped", entry<MopedPrior>()},
               });
  return priors;
}

const Registry<Factory<Loss>>& loss_registry() {
  static const Registry<Factory<Loss>> losses(
      "loss", {
                  {"categorical_cross_entropy", entry<CategoricalCrossEntropy>()},
                  {"binary_cross_entropy", entry<BinaryCrossEntropy>()},
                  {"mean_squared_error", entry<MeanSquaredError>()},
                  {"gaussian", entry<GaussianLikelihood>()},
              });
  return losses;
}

const Registry<Factory<Optimizer>>& optimizer_registry() {
  static const Registry<Factory<Optimizer>> optimizers("optimizer", {
                                                                        {"Adam", entry<Adam>()},
                                                                        {"SGD", entry<Sgd>()},
                                                                        {"NAdam", entry<Nadam>()},
                                                                    });
  return optimizers;
}

const Registry<Factory<Schedule>>& schedule_registry() {
  static const Registry<Factory<Schedule>> schedules("schedule",
                                                     {
                                                         {"constant", entry<ConstantSchedule>()},
                                                         {"cosine", entry<CosineSchedule>()},
                                                         {"step_decay", entry<StepDecaySchedule>()},
                                                     });
  return schedules;
}

const Registry<Factory<Inference>>& inference_registry() {
  static const Registry<Factory<Inference>> methods("method of inference",
                                                    {
                                                        {"single", entry<SingleNetwork>()},
                                                        {"ensemble", entry<Ensemble>()},
                                                        {"swag", entry<Swag>()},
                                                        {"ivon", entry<IvonInference>()},
                                                        {"sgld", entry<Sgld>()},
                                                        {"sghmc", entry<Sghmc>()},
                                                        {"hmc", entry<HamiltonianMonteCarlo>()},
                                                        {"laplace", entry<LaplaceApproximation>()},
                                                        {"pbp", entry<Pbp>()},
                                                    });
  return methods;
}

const Registry<Factory<Compression>>& compression_registry() {
  static const Registry<Factory<Compression>> compressions(
      "compression", {
                         {"none", entry<NoCompression>()},
                         {"bf16", entry<Bfloat16Compression>()},
                         {"int8", entry<Int8Compression>()},
                         {"top_k", entry<TopKCompression>()},
                     });
  return compressions;
}

}  // namespace credence
