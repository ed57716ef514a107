#include "credence/comm/guard.h"

#include <iostream>
#include <memory>
#include <new>
#include <utility>

#include "credence/base/log.h"

namespace credence {
namespace {

std::pair<ExitCode, std::string> current_failure() {
  try {
    throw;
  } catch (const Error& error) {
    return {error.exit_code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {MemoryError("").exit_code(), "out of memory"};
  } catch (const std::exception& error) {
    return {ExitCode::internal, concat("internal error: ", error.what())};
  } catch (...) {
    return {ExitCode::internal, "internal error: an exception of unknown type"};
  }
}

}  // namespace

int run_guarded(CommWorld& world, const std::function<int()>& body, double timeout_s) {
  try {
    return body();
  } catch (...) {
    const auto [code, message] = current_failure();
    Communicator& ranks = world.communicator();
    const bool together = world.all_arrive(timeout_s);
    if (ranks.size() == 1) {
      std::cerr << concat("credence: ", message, "\n");
    } else if (!together || ranks.rank() == 0) {
      std::cerr << concat("credence: rank ", ranks.rank(), ": ", message, "\n");
    }
    log_error_to_files(message);
    if (!together) ranks.abort(code);
    return static_cast<int>(code);
  }
}

int run_guarded(int& argc, char**& argv, const std::function<int(CommWorld&)>& body) {
  std::unique_ptr<CommWorld> world;
  try {
    world = std::make_unique<CommWorld>(argc, argv);
  } catch (...) {
    const auto [code, message] = current_failure();
    std::cerr << concat("credence: ", message, "\n");
    return static_cast<int>(code);
  }
  return run_guarded(*world, [&] { return body(*world); });
}

int run_guarded_alone(const std::function<int(CommWorld&)>& body) {
  int no_arguments = 0;
  char** none = nullptr;
  CommWorld world(no_arguments, none);
  return run_guarded(world, [&] { return body(world); });
}

}  // namespace credence
