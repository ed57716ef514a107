#include <iostream>

#include <unistd.h>

#include "credence/base/files.h"
#include "credence/base/text.h"
#include "credence/cli/session.h"
#include "credence/comm/gather.h"
#include "credence/comm/rank_zero.h"
#include "credence/data/inputs.h"
#include "credence/predict/predictions_file.h"
#include "credence/report/train_observers.h"

namespace credence::cli {
namespace {

struct PredictArguments {
  std::string run;
  std::string input;
  std::string output;
  std::vector<std::string> overrides;
  std::optional<std::int64_t> samples;
  int threads = 0;
};

/// The most probable class of each row.
Tensor top_classes(const Tensor& probabilities) {
  Tensor classes({probabilities.shape()[0]});
  const std::int64_t width = probabilities.shape().row_size();
  for (std::int64_t n = 0; n < classes.size(); ++n) {
    const auto row = probabilities.span<float>().subspan(static_cast<std::size_t>(n * width),
                                                         static_cast<std::size_t>(width));
    classes.span<float>()[n] = static_cast<float>(std::ranges::max_element(row) - row.begin());
  }
  return classes;
}

void run_predict(const PredictArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  check_samples(arguments.samples);
  check_predictions_name(arguments.output);
  std::error_code none;  // of a file that there is not yet
  require<UsageError>(!std::filesystem::equivalent(arguments.input, arguments.output, none),
                      "--output is the file that --input names: ", arguments.output);
  set_up_threads(communicator, arguments.threads);
  on_rank_zero(communicator, [&] { require_creatable(arguments.output); });
  const TrainedModel trained = load_run(arguments.run, arguments.overrides, communicator);
  const std::shared_ptr<const Dataset> inputs = read_inputs(arguments.input, *trained.data.train);
  const PredictOptions options = with_samples(trained.experiment.predict, arguments.samples);
  Predictor predictor(*trained.model, *trained.loss, trained.experiment.seed, options,
                      trained.weights.get());
  predictor.set_calibration(trained.calibration.get());
  Progress progress(std::cerr, progress_options(STDERR_FILENO));
  if (context.is_root()) predictor.set_observer(show_predictions(progress, "predict"));
  const PredictedPart part = predictor.predict(*inputs, communicator);
  progress.clear();

  const auto gather = [&](const Tensor& rows) {
    return gather_rows(rows, part.begin, inputs->size(), communicator);
  };
  const Tensor mean = gather(part.predictions.mean);
  std::vector<NamedTensor> arrays;
  if (trained.data.train->target_info().classes > 0)
    arrays = {{"predicted_class", top_classes(mean)},
              {"mean", mean},
              {"predictive_entropy", gather(part.predictions.predictive_entropy)},
              {"mutual_information", gather(part.predictions.mutual_information)}};
  else
    arrays = {{"mean", mean}};
  const Predictions& p = part.predictions;
  if (!p.sigma.empty()) {
    arrays.push_back({"sigma", gather(p.sigma)});
    arrays.push_back({"epistemic_sigma", gather(p.epistemic_sigma)});
  }
  if (!p.lower.empty()) {
    arrays.push_back({"lower", gather(p.lower)});
    arrays.push_back({"upper", gather(p.upper)});
  }
  if (!p.samples.empty()) arrays.push_back({"samples", gather(p.samples)});
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
  command->add_option("run", arguments->run, "run directory")->required();
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
  command->add_option("overrides", arguments->overrides, "key=value: data.path=/elsewhere");
  command->add_option("-s,--samples", arguments->samples,
                      "weight draws (default: the recipe's predict.samples)");
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->callback([arguments, &context] { run_predict(*arguments, context); });
}

}  // namespace credence::cli
