#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "credence/bayes/weight_samples.h"
#include "credence/train/trainer.h"

namespace credence {

/// A network, its data, and how it is trained: what a method of inference works with.
struct Training {
  Model& model;  ///< with its initial weights
  Loss& loss;
  Communicator& communicator;
  std::shared_ptr<const Dataset> data;
  std::shared_ptr<const Dataset> validation{};  ///< may be null
  LoaderOptions batches{};
  TrainerOptions options{};
  bool begins_from_weights = false;  ///< trained ones: whatever the seed, they are the same
  /// Gives the model initial weights under another seed.
  std::function<void(std::uint64_t seed)> initialize{};
  std::function<std::unique_ptr<Optimizer>()> make_optimizer{};
  const Schedule* schedule = nullptr;
  std::vector<Observer*> observers{};
  Timeline* timeline = nullptr;
  CheckpointSeries* checkpoints = nullptr;  ///< null: none is saved
  std::vector<Stateful*> stateful{};        ///< saved with the training
};

/// What is found of a network's weights. The model then has the values that stand for it alone: a
/// mean, or the last of the samples.
struct Inferred {
  TrainReport report;
  std::unique_ptr<WeightSamples> weights{};    ///< null: what the layers draw is all
  std::vector<NamedTensor> optimizer_state{};  ///< to be saved
  std::vector<NamedValue> figures{};           ///< that tell how well it went: acceptance, evidence
  std::vector<std::string> warnings{};         ///< what is amiss with them, and what may help
};

/// By whose rule a method's steps are taken.
enum class Steps {
  of_recipe,         ///< the recipe's optimizer and schedule
  own_optimizer,     ///< the method's, under the recipe's schedule
  own_and_schedule,  ///< the method's, under its own schedule
  none,              ///< there are no steps of an optimizer
};

/// A way to the posterior of a network's weights.
class Inference {
 public:
  virtual ~Inference() = default;

  virtual std::string name() const = 0;
  virtual Steps steps() const { return Steps::of_recipe; }
  /// ConfigError if the method does not fit the network, its loss, or the training.
  virtual void check(const Training& /*training*/) const {}
  /// Of so many ranks, those that take the steps of one network together.
  virtual int ranks_a_network(int ranks) const { return ranks; }
  /// Rows through the model at once, if `of_training` are in training.
  virtual std::int64_t rows_at_once(std::int64_t of_training) const { return of_training; }
  /// Whether a training under way is saved in its checkpoints, and goes on from them.
  virtual bool can_go_on() const { return true; }
  /// Collective. Every rank ends with the same result.
  virtual Inferred run(const Training& training) = 0;
};

struct Trained {
  TrainReport report;
  std::vector<NamedTensor> optimizer_state;  ///< to be saved: on rank 0
};
/// Trains the model from where it stands. NumericalError as Trainer::run.
Trained train(const Training& training, Optimizer& optimizer);

/// ConfigError, for a method that makes posteriors of its own, if the network's layers have some.
void require_deterministic(const std::string& method, const Training& training);
/// ConfigError, for a method that weighs a prior against the data, if the loss is no likelihood.
void require_likelihood(const std::string& method, const Training& training);

}  // namespace credence
