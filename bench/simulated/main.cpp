// The time of a training step on many ranks: our own communication with compute that is a given
// time, under Open MPI or MPICH, or simulated by SimGrid's SMPI (docs/at_scale.md).
//
//   mpirun -np 2 build/release/bench/simulated_step --compute 0.05
//   scripts/simulate_scaling.sh

#undef exit  // smpicxx makes it a macro, and CLI11 has a member of that name

#include <cmath>
#include <cstdio>
#include <map>

#include "clock.h"
#include "order_statistics.h"
#include "step_model.h"
#include <CLI/CLI.hpp>

#include "credence/comm/guard.h"

namespace {

using namespace credence;
using namespace credence::simulated;

struct Arguments {
  StepOptions step;
  std::string label = "-";
  bool is_deterministic = false;
  bool prints_header = false;
  bool measures_link = false;
};

/// Half of a round trip between the first two ranks.
double seconds_of_message(Communicator& communicator, std::size_t bytes) {
  constexpr int repetitions = 20;
  std::vector<std::uint8_t> message(bytes);
  const auto trip = [&] {
    const int rank = communicator.rank();
    if (rank == 0) communicator.send(std::span(message), 1, 0);
    if (rank < 2) communicator.receive(std::span(message), 1 - rank, 0);
    if (rank == 1) communicator.send(std::span(message), 0, 0);
  };
  trip();
  const double begin = seconds_now();
  for (int i = 0; i < repetitions; ++i) trip();
  return (seconds_now() - begin) / (2 * repetitions);
}

void measure_link(Communicator& communicator) {
  constexpr std::size_t large = std::size_t{16} << 20;
  const double latency_s = seconds_of_message(communicator, 8);
  const double large_s = seconds_of_message(communicator, large);
  if (communicator.rank() == 0)
    std::printf("latency_us,gb_per_s\n%.2f,%.4f\n", latency_s * 1e6,
                static_cast<double>(large) / large_s * 1e-9);
}

int run(const Arguments& arguments, Communicator& communicator) {
  if (arguments.measures_link) {
    require<UsageError>(communicator.size() > 1, "simulated_step: --link takes two ranks");
    measure_link(communicator);
    return 0;
  }
  const StepOptions& options = arguments.step;
  const Network network = gravitational_wave_network();
  StepModel model(communicator, arguments.is_deterministic ? without_posterior(network) : network,
                  options);
  const double step_s = model.seconds_a_step(true);
  const double silent_s = model.seconds_a_step(false);
  if (communicator.rank() != 0) return 0;

  const int ranks = communicator.size();
  const double largest = expected_maximum(ranks) / std::sqrt(options.average_every);
  if (arguments.prints_header)
    std::printf(
        "label,ranks,compute_ms,megabytes,step_ms,step_without_sums_ms,efficiency,communication,"
        "imbalance,imbalance_expected\n");
  std::printf("%s,%d,%.4g,%.3f,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f\n", arguments.label.c_str(), ranks,
              options.compute_s * 1e3, static_cast<double>(model.wire_bytes()) * 1e-6, step_s * 1e3,
              silent_s * 1e3, options.compute_s / step_s, silent_s / step_s,
              options.compute_s / silent_s, 1 / (1 + options.jitter * largest));
  return 0;
}

void add_options(CLI::App& app, Arguments& arguments) {
  StepOptions& step = arguments.step;
  const std::map<std::string, Progress> progress{{"layers", Progress::layers},
                                                 {"thread", Progress::thread}};
  const std::map<std::string, SumOrder> orders{{"tree", SumOrder::tree}, {"any", SumOrder::any}};
  app.add_option("--label", arguments.label, "the row's first column");
  app.add_flag("--header", arguments.prints_header, "print the names of the columns first");
  app.add_flag("--link", arguments.measures_link,
               "only measure messages between the first two ranks: the link's description");
  app.add_flag("--deterministic", arguments.is_deterministic,
               "the same network without a posterior");
  app.add_option("--compute", step.compute_s, "seconds of compute in a step")
      ->check(CLI::PositiveNumber);
  app.add_option("--jitter", step.jitter, "its standard deviation over its mean")
      ->check(CLI::Range(0.0, 0.2));
  app.add_flag("--persistent", step.persistent, "a rank is equally slow in all steps");
  app.add_option("--warm-up", step.warm_up, "steps before them")->check(CLI::NonNegativeNumber);
  app.add_option("--steps", step.steps, "timed steps")->check(CLI::PositiveNumber);
  app.add_option("--average-every", step.average_every,
                 "local SGD: average weights after so many steps, instead of gradients in each")
      ->check(CLI::PositiveNumber);
  app.add_option("--progress", step.progress, "who lets sums go on: layers, thread")
      ->transform(CLI::CheckedTransformer(progress));
  app.add_option("--poll", step.poll_s, "seconds between two looks of that thread")
      ->check(CLI::PositiveNumber);
  app.add_option("--add-rate", step.add_bytes_per_s,
                 "bytes a second at which a rank adds what it receives; 0: no time")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--weight-bytes", step.wire.weight_bytes, "a weight's gradient travels as")
      ->check(CLI::PositiveNumber);
  app.add_option("--variational-bytes", step.wire.variational_bytes,
                 "a variational weight's two gradients travel as")
      ->check(CLI::PositiveNumber);
  app.add_option("--bucket-bytes", step.buckets.bucket_bytes, "distributed.buckets.bucket_bytes")
      ->check(CLI::PositiveNumber);
  app.add_flag("--blocking", step.buckets.blocking, "distributed.buckets.blocking");
  app.add_option("--scale", step.scale,
                 "of so many bytes one is sent: for a network described as so many times slower")
      ->check(CLI::PositiveNumber);
  app.add_option("--order", step.order, "tree: our own exchange; any: the library's sum")
      ->transform(CLI::CheckedTransformer(orders));
  app.add_option("--seed", step.seed, "of the jitter");
}

}  // namespace

int main(int argc, char** argv) {
  CommWorld world(argc, argv);  // SimGrid's, without threads, will do
  return run_guarded(world, [&] {
    Arguments arguments;
    CLI::App app("The time of a training step on many ranks, with compute that is a given time.");
    app.option_defaults()->always_capture_default();
    add_options(app, arguments);
    CLI11_PARSE(app, argc, argv);
    return run(arguments, world.communicator());
  });
}
