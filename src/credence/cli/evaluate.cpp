#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "credence/base/json.h"
#include "credence/cli/session.h"
#include "credence/report/table.h"
#include "credence/report/train_observers.h"

namespace credence::cli {
namespace {

struct EvaluateArguments {
  std::string run;
  std::vector<std::string> overrides;
  std::optional<std::int64_t> samples;
  int threads = 0;
  bool json = false;
};

void run_evaluate(const EvaluateArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  check_samples(arguments.samples);
  set_up_threads(communicator, arguments.threads);
  const TrainedModel trained = load_run(arguments.run, arguments.overrides, communicator);
  require<DataError>(trained.data.test != nullptr, "data set \"", trained.experiment.data_name,
                     "\" has no test set");
  const PredictOptions options = with_samples(trained.experiment.predict, arguments.samples);
  Predictor predictor(*trained.model, *trained.loss, trained.experiment.seed, options,
                      trained.weights.get());
  predictor.set_calibration(trained.calibration.get());
  Progress progress(std::cerr, progress_options(STDERR_FILENO));
  if (context.is_root()) predictor.set_observer(show_predictions(progress, "test"));
  const std::vector<NamedValue> values = evaluate(predictor, *trained.data.test, communicator);
  progress.clear();
  if (!context.is_root()) return;
  if (arguments.json) {
    std::cout << json_object(fields_of(values)) << std::endl;
    return;
  }
  Table table({{"metric"}, {"test", Align::right}});
  for (const auto& [name, value] : values) table.add_row({name, fmt::format("{:.5f}", value)});
  std::cout << table.text() << std::flush;
}

}  // namespace

void add_evaluate(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("evaluate", "test the network of a run directory");
  const auto arguments = std::make_shared<EvaluateArguments>();
  command->add_option("run", arguments->run, "run directory")->required();
  command->add_option("overrides", arguments->overrides,
                      "key=value: data.path=/elsewhere, data.name=digits");
  command->add_option("-s,--samples", arguments->samples,
                      "weight draws (default: the recipe's predict.samples)");
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->add_flag("--json", arguments->json, "one JSON object instead of a table");
  command->callback([arguments, &context] { run_evaluate(*arguments, context); });
}

}  // namespace credence::cli
