#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <string_view>

#include "credence/base/log.h"
#include "credence/base/signals.h"
#include "credence/base/text.h"
#include "credence/base/version.h"
#include "credence/cli/commands.h"
#include "credence/cli/help_formatter.h"
#include "credence/comm/agreement.h"
#include "credence/comm/guard.h"
#include "credence/comm/rank_zero.h"

namespace {

using namespace credence;

/// UsageError, naming the closest one, if the words up to the first option are no subcommands, or
/// the first word is an option that there is not.
void check_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* level = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool is_option = word.starts_with("-");
    std::vector<std::string> known;
    if (is_option && i == 1) {
      known = {"--help", "--version"};
      if (word == "-h") return;
    } else if (!is_option) {
      for (const CLI::App* command : level->get_subcommands({}))
        known.push_back(command->get_name());
    }
    if (known.empty()) return;
    const std::string kind = is_option       ? "option"
                             : level == &app ? "command"
                                             : level->get_name() + " command";
    require<UsageError>(std::ranges::count(known, word) > 0, unknown_name(kind, word, known));
    if (is_option) return;
    level = level->get_subcommand(word);
  }
}

/// What was printed may be lost yet: a full disk shows no sooner than here.
void flush_output() {
  errno = 0;
  std::cout.flush();
  const int error = errno;
  require<IoError>(std::cout.good(), "standard output: cannot write",
                   error != 0 ? concat(": ", std::strerror(error)) : "");
}

/// What to do about arguments that look like an option and are none; empty if there are none.
std::string advice(const CLI::App& app, int argc, char** argv) {
  const auto commands = app.get_subcommands({});
  const auto found = std::ranges::find_if(commands, [&](const CLI::App* command) {
    return argc > 1 && command->get_name() == argv[1];
  });
  if (found == commands.end()) return "";
  const CLI::App* const command = *found;
  const bool takes_keys = command->get_option_no_throw("overrides") != nullptr;
  bool is_unknown = false;
  std::vector<std::string> known, short_names;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    for (const std::string& name : option->get_snames()) short_names.push_back(name);
  }
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::string word = argument.substr(0, argument.find('='));
    if (word.size() < 3 || word[0] != '-' || std::ranges::count(known, word) > 0) continue;
    const bool is_number = std::isdigit(static_cast<unsigned char>(word[2])) != 0;
    if (is_number && std::ranges::count(short_names, word.substr(1, 1)) > 0) continue;  // -t4
    std::string meant = did_you_mean(word[1] == '-' ? word : "-" + word, known);
    if (!meant.empty()) return meant;
    is_unknown = true;
  }
  return is_unknown && takes_keys ? "; keys of a recipe are set as in train.epochs=10" : "";
}

/// For commands that one process runs.
void remove_footer(CLI::App& command) {
  command.footer("");
  for (CLI::App* each : command.get_subcommands({})) remove_footer(*each);
}

/// Commands that start ranks, and are none themselves.
bool is_parent(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  return command == "launch" || command == "scale";
}

int run(CommWorld& world, int argc, char** argv) {
  cli::Context context{world, {argv, argv + argc}};
  if (is_parent(argc, argv))  // what stands behind -- is the ranks'
    argc = static_cast<int>(std::find(argv, argv + argc, std::string_view("--")) - argv);
  set_log_rank(context.communicator().rank(), context.communicator().size());
  require_same_on_all_ranks<CommError>(context.communicator(), "version of Credence",
                                       full_version());

  CLI::App app("Neural networks that know what they don't know, on one core or a thousand nodes.",
               "credence");
  app.set_version_flag("--version", full_version());
  app.require_subcommand(1);
  app.formatter(std::make_shared<cli::HelpFormatter>());
  const std::string of_ranks = "Under mpirun or srun every rank runs the same command.";
  app.footer(of_ranks);  // of the commands added here too
  cli::add_train(app, context);
  cli::add_evaluate(app, context);
  cli::add_predict(app, context);
  cli::add_serve(app, context);
  cli::add_data(app, context);
  cli::add_models(app, context);
  cli::add_check(app, context);
  cli::add_report(app, context);
  cli::add_bench(app, context);
  cli::add_watch(app, context);
  cli::add_doctor(app, context);
  cli::add_launch(app, context);
  cli::add_scale(app, context);
  for (const char* name : {"serve", "data", "models", "watch", "launch"})
    remove_footer(*app.get_subcommand(name));
  app.footer("Start with: credence train recipes/mnist_bnn_conv_flipout.yaml\n" + of_ranks);

  check_command(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    if (context.is_root()) app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    throw UsageError(concat(error.what(), advice(app, argc, argv), "; see credence --help"));
  }
  on_rank_zero(context.communicator(), flush_output);
  return context.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  // A write beyond the limit on a file's size then fails, as one on a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  const SaveRequests save_requests;  // a batch system's SIGUSR1 ends nothing, whenever it comes
  const auto body = [&](CommWorld& world) { return run(world, argc, argv); };
  return is_parent(argc, argv) ? run_guarded_alone(body) : run_guarded(argc, argv, body);
}
