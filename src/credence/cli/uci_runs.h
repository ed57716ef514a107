#pragma once

#include <filesystem>
#include <functional>

#include "credence/cli/uci_methods.h"
#include "credence/comm/communicator.h"

namespace credence::cli {

/// A split of a set, as a method is run on it.
struct UciTask {
  std::filesystem::path folder;
  std::int64_t split = 0;
  std::vector<std::string> overrides{};  ///< key=value, over the recipe and its candidates
};

/// What a method comes to on a split.
struct UciRun {
  std::size_t candidate = 0;  ///< which was chosen
  double validation_ll = 0;   ///< its mean log-likelihood on the validation part; 0: no choice
  double rmse = 0;            ///< of the test part, in the target's own units
  double ll = 0;              ///< likewise: mean log-likelihood of an example
  double seconds = 0;         ///< for all of it
};

/// What is changed in the method's recipe to run one of its candidates on a split: key=value, as
/// `credence train` takes them.
std::vector<std::string> uci_overrides(const UciMethod& method, std::size_t candidate,
                                       const UciTask& task);

/// Reads all candidates, so that what is wrong with the task's overrides shows before anything is
/// computed. ConfigError, UsageError.
void check_uci(const UciMethod& method, const UciTask& task);

/// Chooses one of the method's candidates by the log-likelihood of a fifth of the training part,
/// held out at random, runs it on all of the training part, and tests it. A candidate that fails is
/// not chosen. `on_fit` is called uci_fits(method) times. Deterministic, but for the time.
///
/// Errors  NumericalError if all candidates fail, or the chosen one on the whole training part.
UciRun run_uci(const UciMethod& method, const UciTask& task, const std::function<void()>& on_fit);

/// How many networks run_uci fits.
std::int64_t uci_fits(const UciMethod& method);

}  // namespace credence::cli
