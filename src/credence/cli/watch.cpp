#include <chrono>
#include <iostream>
#include <thread>

#include <unistd.h>

#include "credence/base/errors.h"
#include "credence/cli/commands.h"
#include "credence/terminal/run_watch.h"

namespace credence::cli {
namespace {

struct WatchArguments {
  std::string run;
  double interval_s = 1;
  double silence_s = 60;
  bool once = false;
};

void watch(const WatchArguments& arguments) {
  require<UsageError>(arguments.interval_s > 0, "--interval: expected more than 0 seconds, got ",
                      arguments.interval_s);
  require<UsageError>(arguments.silence_s > 0, "--silence: expected more than 0 seconds, got ",
                      arguments.silence_s);
  RunWatch watched(RunDirectory::open(arguments.run), std::cout,
                   {.screen = progress_options(STDOUT_FILENO),
                    .silence_s = arguments.silence_s,
                    .once = arguments.once});
  while (!watched.update() && !arguments.once)
    std::this_thread::sleep_for(std::chrono::duration<double>(arguments.interval_s));
}

}  // namespace

void add_watch(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("watch", "follow a run that is under way, until it ends");
  const auto arguments = std::make_shared<WatchArguments>();
  command->add_option("run", arguments->run, "run directory")->required();
  command->add_option("-i,--interval", arguments->interval_s,
                      "seconds between looks at its files (default: 1)");
  command->add_option("--silence", arguments->silence_s,
                      "seconds without news after which to say so (default: 60)");
  command->add_flag("--once", arguments->once, "show how it is now, and end");
  command->callback([arguments, &context] {
    if (context.is_root()) watch(*arguments);
  });
}

}  // namespace credence::cli
