#include <iostream>

#include <unistd.h>

#include "credence/base/files.h"
#include "credence/base/text.h"
#include "credence/cli/session.h"
#include "credence/comm/gather.h"
#include "credence/comm/rank_zero.h"
#include "credence/data/inputs.h"
#include "credence/predict/predictions_file.h"
#include "credence/terminal/progress_observer.h"

namespace credence::cli {
namespace {

struct PredictArguments {
  RunChoice choice;
  std::string input;
  std::string output;
  std::optional<std::int64_t> samples;
  int threads = 0;
};

void run_predict(const PredictArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  check_samples(arguments.samples);
  check_predictions_name(arguments.output);
  std::error_code none;  // of a file that there is not yet
  require<UsageError>(!std::filesystem::equivalent(arguments.input, arguments.output, none),
                      "--output is the file that --input names: ", arguments.output);
  set_up_threads(communicator, arguments.threads);
  on_rank_zero(communicator, [&] { require_creatable(arguments.output); });
  const TrainedModel trained = load_run(arguments.choice, communicator);
  const std::shared_ptr<const Dataset> inputs = read_inputs(arguments.input, *trained.data.train);
  Predictor predictor = make_predictor(trained, arguments.samples);
  Progress progress(std::cerr, progress_options(STDERR_FILENO));
  if (context.is_root()) predictor.set_observer(show_predictions(progress, "predict"));
  const PredictedPart part = predictor.predict(*inputs, communicator);
  progress.clear();

  std::vector<NamedTensor> arrays =
      named_arrays(part.predictions, trained.data.train->target_info().classes);
  for (NamedTensor& array : arrays)
    array.tensor = gather_rows(array.tensor, part.begin, inputs->size(), communicator);
  on_rank_zero(communicator, [&] {
    write_predictions(arguments.output, arrays);
    std::cout << with_thousands(inputs->size()) << " predictions in " << arguments.output
              << std::endl;
  });
}

}  // namespace

void add_predict(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand(
      "predict", "predict inputs with the network of a run directory, with uncertainty");
  const auto arguments = std::make_shared<PredictArguments>();
  command->add_option("run", arguments->choice.run, "run directory")->required();
  command
      ->add_option("-i,--input", arguments->input,
                   "inputs [n, ...]: .npz (x, x_test or a single array), .npy, IDX, or CSV rows")
      ->required();
  command
      ->add_option("-o,--output", arguments->output,
                   "an .npz or .csv file: predicted_class, mean, predictive_entropy, "
                   "mutual_information; of a regression mean, sigma, epistemic_sigma, "
                   "lower, upper")
      ->required();
  command->add_option("overrides", arguments->choice.overrides, "key=value: data.path=/elsewhere");
  command->add_option("-s,--samples", arguments->samples,
                      "weight draws (default: the recipe's predict.samples)");
  add_checkpoint_option(*command, arguments->choice.checkpoint);
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->callback([arguments, &context] { run_predict(*arguments, context); });
}

}  // namespace credence::cli
