#include "credence/cli/session.h"

#include <cstdlib>

#include "credence/base/log.h"
#include "credence/comm/launcher.h"
#include "credence/kernels/parallel.h"

namespace credence::cli {

Resources set_up_threads_quietly(Communicator& communicator, int threads) {
  require<UsageError>(threads >= 0,
                      "--threads: expected 1 or more (0: the rank's share of the cores), got ",
                      threads);
  Resources resources;
  const int share = default_threads(communicator);
  const char* const openmp = std::getenv("OMP_NUM_THREADS");
  if (threads == 0 && openmp) threads = std::atoi(openmp);
  resources.threads = threads > 0 ? threads : share;
  resources.threads_asked = threads > 0;
  resources.places = all_places(communicator, this_place(resources.threads));
  set_thread_count(resources.threads);
  return resources;
}

Resources set_up_threads(Communicator& communicator, int threads) {
  Resources resources = set_up_threads_quietly(communicator, threads);
  const std::string warning = warning_of(resources);
  if (!warning.empty()) log_warning(warning);
  return resources;
}

void add_checkpoint_option(CLI::App& command, std::string& checkpoint) {
  command.add_option("--checkpoint", checkpoint,
                     "whose weights: latest (default), best (by checkpoint.best), or a file, which "
                     "may be one of the run's checkpoints/");
}

void check_samples(const std::optional<std::int64_t>& samples) {
  try {
    with_samples({}, samples).check();
  } catch (const ConfigError& error) {
    throw UsageError(concat("--samples: ", error.what()));
  }
}

std::string warning_of(const Resources& resources) {
  std::string warning = oversubscription_warning(resources.places);
  // Whoever asks for few threads does not want more CPUs.
  if (resources.threads_asked && warning.empty()) return "";
  const std::string bound = binding_warning(resources.places, find_launcher().name);
  return warning + (warning.empty() || bound.empty() ? "" : "\n") + bound;
}

}  // namespace credence::cli
