#include "credence/config/experiment.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "credence/base/errors.h"
#include "credence/config/loss_section.h"
#include "credence/config/model_section.h"
#include "credence/config/yaml.h"
#include "credence/data/datasets.h"

namespace credence {
namespace {

/// The options of a data set, none if there is no such set.
std::vector<OptionInfo> options_of_dataset(const std::string& name) {
  OptionReader reader;
  for_each_dataset([&](const auto& kind) {
    typename std::decay_t<decltype(kind)>::Options options;
    if (kind.name == name) reader.read(options);
  });
  return reader.options();
}

void read_data(OptionReader& reader, Experiment& experiment) {
  find_named(datasets(), reader, "mnist", "name");
  experiment.data_name = reader.name("name", "mnist");
  forget_replaced(reader, "name", "mnist", options_of_dataset);
  with_dataset(experiment.data_name, [&](const auto& kind) {
    typename std::decay_t<decltype(kind)>::Options options;
    reader.read(options);
    experiment.fetch_data = [kind, options] { fetch_dataset(kind, options); };
    experiment.load_data = [kind, options, places = reader.places()] {
      return places.check([&] { return load_dataset(kind, options); });
    };
    experiment.data_files = [kind, options] { return dataset_files(kind, options); };
  });
  reader("validation_split", experiment.validation_split);
  reader.expect("validation_split",
                experiment.validation_split >= 0 && experiment.validation_split < 1,
                "a share in [0, 1)");
}

/// What a compression does not go with.
void check_compression(OptionReader& place, const DistributedSection& distributed) {
  if (!distributed.compression) return;
  if (distributed.deterministic)
    place.fail(
        concat("distributed.deterministic promises the same bits on any number of ranks, "
               "and what ",
               place.name(), " rounds depends on it: remove one of them"));
  if (distributed.sharded_optimizer || distributed.local_steps > 1)
    place.fail(concat(
        "with ",
        distributed.sharded_optimizer ? "distributed.sharded_optimizer" : "distributed.local_steps",
        " weights travel too, which are not to be rounded: remove one of them"));
}

/// PredictOptions, checked before anything is trained.
void read_predict(OptionReader& reader, PredictOptions& options,
                  std::vector<MetricChoice>& metrics) {
  reader.read(options);
  reader.check([&] { options.check(); });
  std::size_t i = 0;
  for (const OptionReader& item : reader.sequence("metrics")) {
    const MetricChoice choice{.name = options.metrics[i++], .place = item.place()};
    choice.place.check([&] { make_metric(choice.name); });
    metrics.push_back(choice);
  }
}

void check_train(OptionReader& reader, const TrainSection& train) {
  const auto not_negative = [](double value) { return value >= 0 && std::isfinite(value); };
  reader.expect("epochs", train.epochs >= 0, "0 or more");
  reader.expect("steps_per_epoch", train.steps_per_epoch >= 0, "0 or more");
  reader.expect("batch_size", train.batch_size.value_or(1) > 0, "more than 0");
  reader.expect("global_batch_size", train.global_batch_size.value_or(1) > 0, "more than 0");
  if (train.batch_size && train.global_batch_size)
    reader.child("batch_size")
        .fail(concat("there is global_batch_size (of all ranks) too (",
                     reader.child("global_batch_size").place().where,
                     "): remove it, or batch_size (of one rank)"));
  reader.expect("micro_batch", train.micro_batch >= 0, "0 or more");
  reader.expect("learning_rate", train.learning_rate > 0 && std::isfinite(train.learning_rate),
                "more than 0");
  OptionReader& kl = reader.child("kl");
  kl.expect("weight", not_negative(train.kl.weight), "0 or more");
  kl.expect("warmup_epochs", not_negative(train.kl.warmup_epochs), "0 or more");
  kl.expect("warmup_steps", train.kl.warmup_steps >= 0, "0 or more");
  if (train.kl.warmup_epochs > 0 && train.kl.warmup_steps > 0)
    kl.child("warmup_steps")
        .fail(concat("there is warmup_epochs too (", kl.child("warmup_epochs").place().where,
                     "): remove one of them"));
  reader.expect("log_every_steps", train.log_every_steps >= 0, "0 or more");
}

void read_train(OptionReader& reader, Experiment& experiment) {
  prefer_override(reader, "batch_size", "global_batch_size");
  prefer_override(reader, "warmup.steps", "warmup.epochs");
  prefer_override(reader, "kl.warmup_steps", "kl.warmup_epochs");
  reader.read(experiment.train);
  check_train(reader, experiment.train);
  if (experiment.train.learning_rate_scaling != RankScaling::none &&
      experiment.train.global_batch_size)
    reader.child("learning_rate_scaling")
        .fail(
            "follows the ranks' batch_size; with a global_batch_size the batch does not grow: set "
            "none");
  OptionReader& optimizer = reader.child("optimizer");
  experiment.make_optimizer =
      find_named(optimizer_registry(), optimizer, "Adam").prepare(optimizer);
  OptionReader& schedule = reader.child("schedule");
  const auto after = find_named(schedule_registry(), schedule, "constant").prepare(schedule);
  experiment.make_schedule = [warmup = experiment.train.warmup,
                              after]() -> std::unique_ptr<Schedule> {
    return std::make_unique<Warmup>(warmup, after());
  };
  reader.child("warmup").check(experiment.make_schedule);
  const LossSection loss = read_loss_section(reader.child("loss"));
  experiment.choose_loss = loss.choose_loss;
  experiment.make_loss = loss.make_loss;
  read_predict(reader.child("validation"), experiment.validation, experiment.metrics);
  experiment.validation_places = reader.child("validation").places();
}

void read_predict_section(OptionReader& reader, Experiment& experiment) {
  prefer_override(reader, "calibration", "temperature");
  read_predict(reader, experiment.predict, experiment.metrics);
  reader.read(experiment.calibration);
  reader.check([&] { experiment.calibration.check(); });
  experiment.predict_places = reader.places();
  if (experiment.calibration.calibration != CalibrationMethod::none &&
      experiment.validation_split == 0)
    reader.child("calibration")
        .fail(concat(enum_name(experiment.calibration.calibration),
                     " is fitted on validation data: expected data.validation_split above 0"));
}

void read_inference(OptionReader& root, Experiment& experiment) {
  OptionReader& reader = root.child("inference");
  experiment.make_inference = find_named(inference_registry(), reader, "single").prepare(reader);
  experiment.check_inference = [place = reader.place()](const Inference& method,
                                                        const Training& training) {
    place.check([&] { method.check(training); });
  };
  const std::unique_ptr<Inference> method = experiment.make_inference();
  experiment.inference_name = method->name();
  const auto refuse = [&](const char* key, const std::string& fallback) {
    OptionReader& section = root.child("train").child(key);
    const std::string& name = section.name("type", fallback);
    if (name != fallback)
      section.fail(concat("inference.type=", method->name(), " has one of its own, and ", name,
                          " would have no effect: remove it, or give train.", key, "=", fallback));
  };
  const Steps steps = method->steps();
  if (steps == Steps::own_optimizer || steps == Steps::own_and_schedule)
    refuse("optimizer", "Adam");
  if (steps != Steps::own_and_schedule) return;
  refuse("schedule", "constant");
  const WarmupOptions& warmup = experiment.train.warmup;
  if (warmup.steps > 0 || warmup.epochs > 0)
    root.child("train").child("warmup").fail(
        concat("inference.type=", method->name(),
               " has a schedule of its own, and this would have no effect: remove it"));
}

/// What steps that ranks take by themselves do not go with.
void check_local_steps(OptionReader& root, const Experiment& experiment) {
  const DistributedSection& distributed = experiment.distributed;
  OptionReader& section = root.child("distributed");
  section.expect("local_after", distributed.local_after == 0 || distributed.local_steps > 1,
                 "0 where local_steps is 1");
  if (distributed.local_steps == 1) return;
  OptionReader& place = section.child("local_steps");
  if (distributed.deterministic)
    place.fail("distributed.deterministic is of sums in each step: give one of them");
  if (distributed.sharded_optimizer)
    place.fail("distributed.sharded_optimizer needs the sum of each step: give one of them");
  const std::string& inference = experiment.inference_name;
  const Steps steps = experiment.make_inference()->steps();
  if (steps == Steps::own_optimizer || steps == Steps::own_and_schedule || inference == "swag")
    place.fail(concat("inference.type=", inference, " follows the weights step by step, which the ",
                      "ranks here have each their own: remove it"));
  const std::int64_t every = experiment.checkpoint.every_steps;
  if (every % distributed.local_steps != 0)
    place.fail(concat("checkpoint.every_steps: expected a multiple of ", distributed.local_steps,
                      ", for only then the ranks have the same weights, got ", every));
}

void read_distributed(OptionReader& root, Experiment& experiment) {
  root("distributed", experiment.distributed);
  const DistributedSection& distributed = experiment.distributed;
  OptionReader& section = root.child("distributed");
  const std::int64_t shards = distributed.virtual_shards;
  section.expect(
      "virtual_shards",
      shards >= 2 && shards <= 1024 && std::has_single_bit(static_cast<unsigned>(shards)),
      "a power of two, 2 to 1024");
  OptionReader& compression = section.child("compression");
  experiment.distributed.compression =
      find_named(compression_registry(), compression, "none").make(compression);
  if (compression.name() == "none") experiment.distributed.compression = nullptr;
  check_compression(compression, distributed);
  section.expect("local_steps", distributed.local_steps >= 1, "1 or more");
  section.expect("local_after", distributed.local_after >= 0, "0 or more");
  check_local_steps(root, experiment);
  const Steps steps = experiment.make_inference()->steps();
  if (distributed.sharded_optimizer &&
      (steps == Steps::own_optimizer || steps == Steps::own_and_schedule))
    section.child("sharded_optimizer")
        .fail(concat("inference.type=", experiment.inference_name,
                     " has an optimizer of its own, which draws for all weights: remove it"));
}

/// Adds the place of an option that is given, and not as by default: a saved configuration names
/// all keys, and those at their default are no mistake.
void add_given(OptionReader& section, const char* key, bool is_default,
               std::vector<ConfigPlace>& places) {
  if (section.has(key) && !is_default) places.push_back(section.child(key).place());
}

/// Of KL options, which mean nothing to a deterministic network.
std::vector<ConfigPlace> given_for_posterior(OptionReader& root, const Experiment& experiment) {
  std::vector<ConfigPlace> places;
  const auto add = [&](OptionReader& section, const char* key, bool is_default) {
    add_given(section, key, is_default, places);
  };
  const KlOptions kl;
  OptionReader& train = root.child("train");
  add(train.child("kl"), "weight", experiment.train.kl.weight == kl.weight);
  add(train.child("kl"), "warmup_epochs", experiment.train.kl.warmup_epochs == kl.warmup_epochs);
  add(train.child("kl"), "warmup_steps", experiment.train.kl.warmup_steps == kl.warmup_steps);
  return places;
}

/// Of options that mean nothing where no optimizer takes steps.
std::vector<ConfigPlace> given_for_optimizer(OptionReader& root, const Experiment& experiment) {
  std::vector<ConfigPlace> places;
  const TrainSection& train = experiment.train;
  const TrainSection by_default;
  OptionReader& section = root.child("train");
  const auto add = [&](const char* key, bool is_default) {
    add_given(section, key, is_default, places);
  };
  for (const auto& [key, by_itself] :
       {std::pair("optimizer", "Adam"), std::pair("schedule", "constant")})
    if (section.child(key).name() != by_itself) places.push_back(section.child(key).place());
  add("learning_rate", train.learning_rate == by_default.learning_rate);
  add("learning_rate_scaling", train.learning_rate_scaling == by_default.learning_rate_scaling);
  add("warmup", train.warmup.steps == 0 && train.warmup.epochs == 0);
  add("micro_batch", train.micro_batch == by_default.micro_batch);
  OptionReader& distributed = root.child("distributed");
  if (experiment.distributed.compression)
    places.push_back(distributed.child("compression").place());
  add_given(distributed, "sharded_optimizer", !experiment.distributed.sharded_optimizer, places);
  add_given(distributed, "local_steps", experiment.distributed.local_steps == 1, places);
  return places;
}

}  // namespace

std::int64_t TrainSection::global_batch(int ranks) const {
  return global_batch_size
             ? *global_batch_size
             : batch_size.value_or(64) * (begun_on_ranks > 0 ? begun_on_ranks : ranks);
}

double TrainSection::learning_rate_on(int ranks) const {
  return learning_rate *
         learning_rate_scale(learning_rate_scaling, begun_on_ranks > 0 ? begun_on_ranks : ranks);
}

void Experiment::check_metrics(const Dataset& data) const {
  const Problem problem = choose_loss(data.target_info().classes, false)->problem();
  for (const MetricChoice& choice : metrics)
    choice.place.check([&] { require_fit(choice.name, problem); });
}

void Experiment::check_predictions(const Dataset& data) const {
  const Problem problem = choose_loss(data.target_info().classes, false)->problem();
  validation_places.check([&] { validation.check_fit(problem); });
  predict_places.check([&] {
    predict.check_fit(problem);
    calibration.check_fit(problem);
  });
}

void Experiment::check_calibration(const Dataset* held_out) const {
  predict_places.check(
      [&] { calibration.check_examples(held_out ? held_out->size() : 0, predict.interval); });
}

Experiment read_experiment(const ConfigNode& recipe) {
  OptionReader root(recipe);
  Experiment experiment;
  root("output", experiment.output);
  const ModelSection model = read_model_section(root.child("model"));
  experiment.model_name = model.name;
  experiment.weights = model.weights;
  read_data(root.child("data"), experiment);
  read_train(root.child("train"), experiment);
  experiment.make_graph = [make = model.make_graph, choose_loss = experiment.choose_loss,
                           place = root.child("train").child("loss").place()](const Dataset& data) {
    const std::int64_t classes = data.target_info().classes;
    const std::int64_t wanted = classes > 0 ? classes : data.target_shape().size();
    const std::unique_ptr<Loss> loss = choose_loss(classes, false);
    GraphSpec graph = make(data.src_shape(), loss->output_size(wanted));
    if (classes == 0) place.check([&] { add_learned_parameter(graph, *loss, wanted); });
    return graph;
  };
  read_inference(root, experiment);
  OptionReader& checkpoint = root.child("checkpoint");
  checkpoint.read(experiment.checkpoint);
  checkpoint.check([&] { check(experiment.checkpoint); });
  read_distributed(root, experiment);
  read_predict_section(root.child("predict"), experiment);
  root("records", experiment.records);
  root.child("records").expect("mlflow_folder", !experiment.records.mlflow_folder.empty(),
                               "a folder");
  root.child("records").expect("mlflow_experiment", !experiment.records.mlflow_experiment.empty(),
                               "a name");
  root("seed", experiment.seed);
  root.finish();
  experiment.of_posterior = given_for_posterior(root, experiment);
  experiment.of_optimizer = given_for_optimizer(root, experiment);

  ConfigNode resolved = root.resolved();
  resolved.erase("output");
  experiment.resolved = emit_yaml(resolved);
  experiment.options = root.options();
  return experiment;
}

}  // namespace credence
