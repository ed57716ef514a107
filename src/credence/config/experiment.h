#pragma once

#include <optional>

#include "credence/checkpoint/initial_weights.h"
#include "credence/config/registries.h"
#include "credence/data/loader.h"
#include "credence/model/model.h"
#include "credence/optim/rank_scaling.h"
#include "credence/records/run_records.h"
#include "credence/train/trainer.h"

namespace credence {

/// What `train` says beside the optimizer and the loss.
struct TrainSection {
  std::int64_t epochs = 5;
  std::int64_t steps_per_epoch = 0;               ///< 0: one pass over the data
  std::optional<std::int64_t> batch_size;         ///< of a rank; give this
  std::optional<std::int64_t> global_batch_size;  ///< of all ranks; or this
  std::int64_t micro_batch = 0;  ///< rows through the model at once; 0: all of a rank
  double learning_rate = 1e-3;
  RankScaling learning_rate_scaling = RankScaling::none;
  WarmupOptions warmup;
  KlOptions kl;
  std::int64_t log_every_steps = 50;  ///< lines for steps in metrics.jsonl; 0: none

  /// Of a run that goes on, the ranks it has begun on, for which batch_size and what follows it
  /// count; 0: those there are.
  int begun_on_ranks = 0;

  std::int64_t global_batch(int ranks) const;
  double learning_rate_on(int ranks) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("epochs", epochs);
    v("steps_per_epoch", steps_per_epoch);
    v("batch_size", batch_size);
    v("global_batch_size", global_batch_size);
    v("micro_batch", micro_batch);
    v("learning_rate", learning_rate);
    v("learning_rate_scaling", learning_rate_scaling);
    v("warmup", warmup);
    v("kl", kl);
    v("log_every_steps", log_every_steps);
  }
};

struct DistributedSection {
  bool deterministic = false;       ///< the same bits on 1, 2, 4, ... virtual_shards ranks
  std::int64_t virtual_shards = 8;  ///< slices of the global batch that are added in a fixed tree
  bool sharded_optimizer = false;   ///< a rank keeps the optimizer's state of its own share
  std::int64_t local_steps = 1;     ///< of a rank by itself before the ranks average; 1: none
  std::int64_t local_after = 0;     ///< steps taken together before these
  bool shared_memory = true;        ///< gradients are summed in it inside a node
  GradientBucketsOptions buckets{.progress_thread = ProgressThreadUse::automatic};
  std::shared_ptr<const Compression> compression;  ///< null: none; read by its name

  /// As of TrainerOptions.
  int shards() const { return deterministic ? static_cast<int>(virtual_shards) : 0; }

  template <class Visitor>
  void visit(Visitor& v) {
    v("deterministic", deterministic);
    v("virtual_shards", virtual_shards);
    v("sharded_optimizer", sharded_optimizer);
    v("local_steps", local_steps);
    v("local_after", local_after);
    v("shared_memory", shared_memory);
    v("buckets", buckets);
  }
};

/// A metric that a recipe names.
struct MetricChoice {
  std::string name;
  ConfigPlace place;
};

/// A recipe, read and checked. What depends on the data's shape is made by the functions.
struct Experiment {
  std::string model_name;
  InitialWeightsOptions weights;  ///< where a training begins
  std::uint64_t seed = 1;
  std::string output;  ///< run directory; empty: the default
  std::string data_name;
  double validation_split = 0;
  TrainSection train;
  DistributedSection distributed;
  CheckpointOptions checkpoint;
  RecordsOptions records;
  PredictOptions predict;
  CalibrationOptions calibration;
  PredictOptions validation{.samples = 5};
  ConfigPlaces predict_places, validation_places;  ///< of their sections
  std::vector<MetricChoice> metrics;               ///< of predict and of validation
  /// Of KL options that are not at their default, and mean nothing to a deterministic network.
  std::vector<ConfigPlace> of_posterior;
  /// Of options that are not at their default, and mean nothing where no optimizer takes steps.
  std::vector<ConfigPlace> of_optimizer;
  std::string resolved;             ///< the configuration with every default, without `output`
  std::vector<OptionInfo> options;  ///< the same, flat

  /// Makes sure that the data's files are on disk, by a download if need be: for one rank.
  std::function<void()> fetch_data = [] {};
  std::function<DataSplits()> load_data;
  /// The files that load_data reads, once they are on disk.
  std::function<std::vector<std::filesystem::path>()> data_files;
  std::function<GraphSpec(const Dataset&)> make_graph;
  /// The loss for data with so many classes (0: a regression) and a model that ends in a softmax
  /// layer, or does not.
  std::function<std::unique_ptr<Loss>(std::int64_t classes, bool ends_in_softmax)> choose_loss;
  /// The loss for this model and data, set up.
  std::function<std::unique_ptr<Loss>(const Model&, const Dataset&)> make_loss;
  std::function<std::unique_ptr<Optimizer>()> make_optimizer;
  std::function<std::unique_ptr<Schedule>()> make_schedule;
  /// The method of inference. `check` gives what it finds amiss its place in the recipe.
  std::function<std::unique_ptr<Inference>()> make_inference;
  std::function<void(const Inference&, const Training&)> check_inference;
  std::string inference_name;

  /// ConfigError, with its place in the recipe, for a metric that does not fit the data's problem.
  void check_metrics(const Dataset& data) const;
  /// ConfigError likewise for what is asked of predictions, and the calibration.
  void check_predictions(const Dataset& data) const;
  /// ConfigError likewise if there are too few validation examples to fit the calibration on.
  void check_calibration(const Dataset* validation) const;
};

/// Reads a recipe. ConfigError for unknown or unused keys, unknown names, and values out of range.
Experiment read_experiment(const ConfigNode& recipe);

}  // namespace credence
