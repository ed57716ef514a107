#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

#include "credence/base/files.h"
#include "credence/base/log.h"
#include "credence/base/signals.h"
#include "credence/base/text.h"
#include "credence/cli/commands.h"
#include "credence/cli/scale_identity.h"
#include "credence/cli/scale_runs.h"
#include "credence/comm/launcher.h"
#include "credence/config/config_file.h"
#include "credence/config/experiment.h"
#include "credence/report/scaling_plots.h"
#include "credence/scaling/study_files.h"
#include "credence/scaling/study_table.h"
#include "credence/terminal/progress.h"

namespace credence::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct ScaleArguments {
  std::vector<std::string> words;  ///< recipes, and overrides
  std::vector<std::int64_t> ranks{1, 2};
  std::vector<std::int64_t> predicted;
  std::string mode = "both";
  std::string output = "scaling";
  std::string launcher;
  std::string hosts;
  std::string bind_to = "none";
  std::int64_t steps = 50, warm_up = 10;
  int repetitions = 3;
  int threads = 1;
  bool no_plots = false;
};

std::vector<std::int64_t> ascending(const char* option, const std::vector<std::int64_t>& counts) {
  const std::set<std::int64_t> sorted(counts.begin(), counts.end());
  constexpr std::int64_t most = 10'000'000;
  require<UsageError>(sorted.empty() || (*sorted.begin() >= 1 && *sorted.rbegin() <= most), option,
                      ": expected numbers of ranks from 1, got ",
                      counts.empty() ? 0 : *sorted.begin());
  return {sorted.begin(), sorted.end()};
}

std::vector<ScalingMode> modes_of(const std::string& name) {
  if (name == "both") return {ScalingMode::strong, ScalingMode::weak};
  std::vector<std::string> known = names_of<ScalingMode>();
  known.emplace_back("both");
  for (const auto& [mode, word] : enum_names(ScalingMode{}))
    if (name == word) return {mode};
  throw UsageError(concat("--mode: ", unknown_name("mode", name, known)));
}

void check_arguments(const ScaleArguments& arguments) {
  require<UsageError>(arguments.steps >= 2, "--steps: expected 2 or more, got ", arguments.steps);
  require<UsageError>(arguments.warm_up >= 0, "--warm-up: expected 0 or more, got ",
                      arguments.warm_up);
  require<UsageError>(arguments.repetitions >= 1, "--repeat: expected 1 or more, got ",
                      arguments.repetitions);
  require<UsageError>(arguments.threads >= 1, "--threads: expected 1 or more, got ",
                      arguments.threads);
  const std::vector<std::string> places{"none", "core", "socket", "numa"};
  require<UsageError>(std::ranges::count(places, arguments.bind_to) > 0,
                      "--bind-to: ", unknown_name("place", arguments.bind_to, places));
}

/// ConfigError unless all ranks take the steps of one network together.
void check_inference(const std::string& recipe, const Experiment& experiment) {
  const std::unique_ptr<Inference> inference = experiment.make_inference();
  require<ConfigError>(inference->steps() != Steps::none && inference->ranks_a_network(2) == 2,
                       recipe, ": expected a network that is trained by steps of all ranks, got ",
                       "inference.type ", experiment.inference_name);
}

/// ConfigError if a rank would be without examples.
void check_batch(const std::string& recipe, const ScaledRecipe& scaled, const ScalingPlan& plan) {
  const std::int64_t most = plan.ranks.back();
  for (const ScalingMode mode : plan.modes)
    require<ConfigError>(global_batch(mode, scaled.batch, most) >= most, recipe,
                         ": expected a global batch of as many examples as there are ranks, ", most,
                         ", or more, got ", scaled.batch,
                         "; set train.global_batch_size, or take fewer ranks");
}

/// What is asked for, checked as far as can be before anything runs.
struct Study {
  ScalingPlan plan;
  ScaleRunsOptions runs;
  StudyIdentity identity;
};

void add_recipe(const std::string& file, Study& study) {
  const Experiment experiment = read_experiment(load_config(file, study.runs.overrides));
  const std::string name = fs::path(file).stem().string();
  for (const ScaledRecipe& other : study.plan.recipes)
    require<UsageError>(other.name != name, "recipes: expected one name each, got ", name,
                        " twice");
  check_inference(file, experiment);
  const ScaledRecipe scaled{.name = name, .batch = experiment.train.global_batch(1)};
  check_batch(file, scaled, study.plan);
  study.plan.recipes.push_back(scaled);
  study.runs.recipes.emplace_back(name, file);
  study.identity.recipes.emplace_back(name, text_sha256(experiment.resolved));
}

Study plan_study(const ScaleArguments& arguments) {
  check_arguments(arguments);
  Study study;
  study.plan = {.modes = modes_of(arguments.mode),
                .ranks = ascending("--ranks", arguments.ranks),
                .predicted = ascending("--predict", arguments.predicted),
                .repetitions = arguments.repetitions,
                .steps = arguments.steps,
                .warm_up = arguments.warm_up};
  require<UsageError>(!study.plan.ranks.empty(), "--ranks: expected numbers of ranks, got none");
  study.runs = {.output = arguments.output,
                .bind_to = arguments.bind_to,
                .threads = arguments.threads,
                .steps = arguments.steps,
                .warm_up = arguments.warm_up};
  std::vector<std::string> recipes;
  for (const std::string& word : arguments.words)
    (word.find('=') == std::string::npos ? recipes : study.runs.overrides).push_back(word);
  require<UsageError>(!recipes.empty(), "scale: expected a recipe, or several");
  if (!arguments.hosts.empty()) study.runs.hosts = parse_hosts(arguments.hosts);
  study.identity = {.steps = arguments.steps,
                    .warm_up = arguments.warm_up,
                    .threads = arguments.threads,
                    .hosts = arguments.hosts,
                    .bind_to = arguments.bind_to};
  for (const std::string& recipe : recipes) add_recipe(recipe, study);
  const bool is_alone = study.plan.ranks.back() == 1 && CommWorld::library() == "none";
  if (!is_alone) study.runs.launcher = find_rank_launcher(CommWorld::library(), arguments.launcher);
  return study;
}

/// Tells of each run as it is done, and how long the others will take.
class StudyProgress {
 public:
  explicit StudyProgress(std::size_t runs)
      : runs_(static_cast<std::int64_t>(runs)),
        progress_(std::cout, progress_options(STDOUT_FILENO)) {}

  void begin(const PlannedRun& run) {
    progress_.update({.work = run.name(), .step = done_, .steps = runs_});
    begin_ = Clock::now();
  }
  void found() { ++done_; }
  void end(const ScalingRun& run) {
    ++done_;
    ++trained_;
    seconds_ += std::chrono::duration<double>(Clock::now() - begin_).count();
    const double step_s = run.timing.mean.step();
    const double left_s = seconds_ / trained_ * static_cast<double>(runs_ - done_);
    progress_.finish_line(
        fmt::format("{}  {}, batch {}  {} a step  {} samples/s  {} of {}, {} left", run.recipe,
                    counted(run.ranks, "rank"), run.global_batch, seconds_text(step_s),
                    rate_text(static_cast<double>(run.global_batch) / step_s), done_, runs_,
                    duration_text(left_s)));
  }

 private:
  std::int64_t runs_, done_ = 0;
  double trained_ = 0, seconds_ = 0;
  Progress progress_;
  Clock::time_point begin_;
};

/// Adds to `runs` what is trained, so that it is there if a later one fails.
void train_all(const Study& study, ScalingRuns& runs) {
  const ScaleRuns trainer(study.runs);
  const std::vector<PlannedRun> planned = planned_runs(study.plan);
  StudyProgress progress(planned.size());
  std::vector<PlannedRun> missing;
  for (const PlannedRun& run : planned) {
    if (const auto found = trainer.find(run)) {
      runs.push_back(*found);
      progress.found();
    } else {
      missing.push_back(run);
    }
  }
  if (!runs.empty())
    std::cout << fmt::format("{}: {} of {} are done\n", study.runs.output.string(), runs.size(),
                             counted(static_cast<long long>(planned.size()), "run"));
  for (const PlannedRun& run : missing) {
    progress.begin(run);
    runs.push_back(trainer.train(run));
    progress.end(runs.back());
  }
}

void write_results(const ScalingStudy& study, const ScaleArguments& arguments) {
  const fs::path folder = arguments.output;
  write_file(folder / "scaling.csv", scaling_csv(study));
  write_file(folder / "scaling.json", scaling_json(study));
  if (arguments.no_plots) return;
  try {
    write_plots(scaling_plots(study), folder / "plots");
  } catch (const DataError& error) {
    log_warning(error.what());
  }
}

void scale(const ScaleArguments& arguments) {
  const Launcher launcher = find_launcher();
  require<UsageError>(launcher.name.empty() || (launcher.name == "srun" && launcher.ranks == 1),
                      "scale: it starts the ranks by itself: start it without ", launcher.name);
  const Study study = plan_study(arguments);
  keep_identity(arguments.output, study.identity);
  ScalingRuns runs;
  const EndRequests requests;  // between runs, too
  try {
    train_all(study, runs);
  } catch (const Error& error) {
    write_results(make_study(study.plan, runs), arguments);
    const std::string message = concat(error.what(), "; what is done is kept in ", arguments.output,
                                       ", and the same command goes on from there");
    if (const auto* ended = dynamic_cast<const Interrupted*>(&error))
      throw Interrupted(static_cast<int>(ended->exit_code()) - 128, message);
    throw Error(error.exit_code(), message);
  }
  const ScalingStudy result = make_study(study.plan, runs);
  write_results(result, arguments);
  std::cout << '\n'
            << study_table(result) << "wrote " << (fs::path(arguments.output) / "").string()
            << "scaling.csv, scaling.json" << (arguments.no_plots ? "" : " and plots/")
            << std::endl;
}

}  // namespace

void add_scale(CLI::App& app, Context& /*context*/) {
  CLI::App* const command = app.add_subcommand(
      "scale", "time recipes on several numbers of ranks, and predict larger ones");
  command->footer(
      "Example: credence scale recipes/mnist_cnn_conv.yaml recipes/mnist_bnn_conv_flipout.yaml\n"
      "           --ranks 1,2,4 --predict 64,1024 -o runs/scaling\n"
      "It starts the ranks by itself, with mpirun, or in a job of Slurm with srun.");
  const auto arguments = std::make_shared<ScaleArguments>();
  const auto add_counts = [&](const char* name, std::vector<std::int64_t>& counts,
                              const char* what) {
    command->add_option(name, counts, what)->delimiter(',')->allow_extra_args(false);
  };
  command->add_option("recipes", arguments->words,
                      "configuration files; and key=value, for all of them");
  add_counts("--ranks", arguments->ranks, "numbers of ranks to time (default: 1,2)");
  add_counts("--predict", arguments->predicted, "numbers of ranks to predict");
  command->add_option("--mode", arguments->mode,
                      "strong: the global batch stays; weak: the batch of a rank does; both "
                      "(default)");
  command->add_option("--steps", arguments->steps, "steps of a run that are timed (default: 50)");
  command->add_option("--warm-up", arguments->warm_up, "steps before those (default: 10)");
  command->add_option("--repeat", arguments->repetitions,
                      "runs of each kind, of which the median counts (default: 3)");
  command->add_option("-o,--output", arguments->output,
                      "directory of the study, which goes on if it was begun there (default: "
                      "scaling)");
  command->add_option("-t,--threads", arguments->threads, "threads of a rank (default: 1)");
  command->add_option("-H,--hosts", arguments->hosts,
                      "hosts and their ranks, as in a:2,b:4 (default: this one, or the job's)");
  command->add_option("--bind-to", arguments->bind_to,
                      "what each rank is bound to: none (default), core, socket, numa");
  command->add_option("--launcher", arguments->launcher,
                      "what starts the ranks (default: the library's mpirun, or srun)");
  command->add_flag("--no-plots", arguments->no_plots, "leave out the plots by gnuplot");
  command->callback([arguments] { scale(*arguments); });
}

}  // namespace credence::cli
