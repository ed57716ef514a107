#pragma once

#include <CLI/CLI.hpp>

#include "credence/comm/communicator.h"

namespace credence::cli {

/// What a subcommand runs in.
struct Context {
  CommWorld& world;
  std::vector<std::string> command_line;
  int exit_code = 0;  ///< where no error is to be told

  Communicator& communicator() const { return world.communicator(); }
  bool is_root() const { return communicator().rank() == 0; }
};

// Each adds a subcommand, which runs when it is parsed.
void add_train(CLI::App& app, Context& context);
void add_evaluate(CLI::App& app, Context& context);
void add_predict(CLI::App& app, Context& context);
void add_serve(CLI::App& app, Context& context);
void add_data(CLI::App& app, Context& context);
void add_models(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_watch(CLI::App& app, Context& context);
void add_bench(CLI::App& app, Context& context);
void add_launch(CLI::App& app, Context& context);
void add_scale(CLI::App& app, Context& context);

}  // namespace credence::cli
