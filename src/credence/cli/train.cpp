#include <iostream>

#include "credence/cli/train_job.h"

namespace credence::cli {
namespace {

void train(const TrainArguments& arguments, Context& context) {
  const TrainTarget target = find_target({.recipe = arguments.recipe,
                                          .overrides = arguments.overrides,
                                          .output = arguments.output,
                                          .resume = arguments.resume},
                                         context.communicator());
  if (target.is_complete) {
    if (context.is_root()) std::cout << target.resumed << ": complete, nothing to go on with\n";
    return;
  }
  TrainJob(arguments, target, context).run();
}

}  // namespace

void add_train_options(CLI::App& command, TrainArguments& arguments) {
  command.add_option("recipe", arguments.recipe, "configuration file, as in recipes/*.yaml");
  command.add_option("overrides", arguments.overrides,
                     "key=value: train.epochs=10 seed=3; items of lists by number, from 0: "
                     "model.layers.0.units=32");
  command.add_option("-o,--output", arguments.output,
                     "run directory, which must not exist (default: runs/<recipe>-<n>)");
  command.add_option("--resume", arguments.resume,
                     "go on with this run, which a signal, a failure or a batch system's limit "
                     "has ended; auto: with that in --output, or else the recipe's newest that is "
                     "not complete, if it is there, and begin if it is not");
  command.add_option("-t,--threads", arguments.threads,
                     "threads of a rank (default, and 0: its share of the cores)");
  command.add_flag("--profile", arguments.profile,
                   "say at the end where a step's time went, by layer and phase");
  command.add_option("--trace", arguments.trace,
                     "write a timeline to this file, for ui.perfetto.dev");
}

void add_train(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("train", "train a network as a recipe says, and test it");
  const auto arguments = std::make_shared<TrainArguments>();
  add_train_options(*command, *arguments);
  command->callback([arguments, &context] { train(*arguments, context); });
}

}  // namespace credence::cli
