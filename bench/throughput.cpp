// Throughput of the zoo's models on random images: of training, the whole step with its gather, or
// of the posterior predictive.
//
//   build/release/bench/throughput --batch 128 --threads 2
//   build/release/bench/throughput --predict BNN_conv_flip
//   build/release/bench/throughput --against "python3 peer.py"   (see docs/benchmarks.md)

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>

#include <CLI/CLI.hpp>
#include <sys/wait.h>

#include "credence/config/model_section.h"
#include "credence/config/registries.h"
#include "credence/config/yaml.h"
#include "credence/kernels/noise.h"
#include "credence/kernels/parallel.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/optim/adam.h"
#include "credence/train/trainer.h"
#include "credence/zoo/zoo.h"

namespace {

using namespace credence;

struct Arguments {
  std::vector<std::string> models;
  std::int64_t batch = 128;
  std::int64_t micro_batch = 0;
  int threads = 0;
  double seconds = 1;
  int windows = 5;
  bool predict = false;
  bool bf16 = false;
  std::vector<std::string> against;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::shared_ptr<Loss> loss_of(const Model& model) {
  auto loss = std::make_shared<CategoricalCrossEntropy>(CategoricalCrossEntropyOptions{
      .from_logits = model.summary().back().layer.type != "Softmax"});
  loss->setup(model.output_shape(), {1}, 10);
  return loss;
}

/// Random images: the loader's work is then a copy.
std::shared_ptr<const Dataset> random_images(const Shape& image, std::int64_t count) {
  Tensor src(image.prepend(count)), target({count, 1});
  fill_normal(src, noise_key(1, Stream::noise, "throughput"), {});
  for (std::int64_t i = 0; i < count; ++i) target.span<float>()[i] = static_cast<float>(i % 10);
  return std::make_shared<InMemoryDataset>("random", src, target, TargetInfo{.classes = 10});
}

GraphSpec graph_of(const std::string& name, const Arguments& arguments) {
  OptionReader reader(
      parse_yaml("name: " + name + (arguments.bf16 ? "\nprecision: bf16" : ""), "throughput"));
  return read_model_section(reader).make_graph(zoo().find(name).input, 10);
}

/// A window of a measurement: samples a second.
using Window = std::function<double()>;

/// Of the posterior predictive of 10,000 images: draws times images a second.
Window prediction(const std::string& name, const Arguments& arguments, Communicator& communicator) {
  constexpr std::int64_t images = 10000, draws = 3;
  const auto model = std::make_shared<Model>(graph_of(name, arguments),
                                             ModelOptions{.max_batch = arguments.batch});
  const auto loss = loss_of(*model);
  const auto dataset = random_images(model->input_shape(), images);
  const auto predictor =
      std::make_shared<Predictor>(*model, *loss, 1, PredictOptions{.samples = draws});
  const double used = model->is_bayesian() ? draws : 1;
  return [model, loss, dataset, predictor, used, &communicator] {
    const auto begin = std::chrono::steady_clock::now();
    predictor->predict(*dataset, communicator);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    return images * used / taken.count();
  };
}

/// Of the trainer's own loop.
Window training(const std::string& name, const Arguments& arguments, Communicator& communicator) {
  const auto model = std::make_shared<Model>(
      graph_of(name, arguments),
      ModelOptions{.max_batch = rows_at_once(arguments.batch, arguments.micro_batch)});
  const auto loss = loss_of(*model);
  const auto optimizer = std::make_shared<Adam>();
  const auto images = random_images(model->input_shape(), 8192);
  const auto run = [=, &arguments, &communicator](std::int64_t steps) {
    Loader loader(images, {.global_batch = arguments.batch, .steps_per_epoch = steps});
    Trainer trainer({.model = *model,
                     .loss = *loss,
                     .optimizer = *optimizer,
                     .loader = loader,
                     .communicator = communicator},
                    {.epochs = 1, .micro_batch = arguments.micro_batch});
    return trainer.run().samples_per_sec();
  };
  run(5);
  const double steps_per_sec = run(20) / static_cast<double>(arguments.batch);
  const auto steps =
      std::max<std::int64_t>(10, static_cast<std::int64_t>(steps_per_sec * arguments.seconds));
  return [run, steps] { return run(steps); };
}

/// Runs "<peer> --model M --batch B --procs 1 --threads T" and reads the fifth word of its last
/// line.
std::optional<double> peer_samples_per_sec(const std::string& peer, const std::string& name,
                                           const Arguments& arguments) {
  const std::string command = concat(peer, " --model ", name, " --batch ", arguments.batch,
                                     " --procs 1 --threads ", thread_count(), " 2>/dev/null");
  FILE* const pipe = popen(command.c_str(), "r");
  require<IoError>(pipe != nullptr, "cannot run ", command);
  std::string output;
  std::array<char, 256> buffer;
  while (fgets(buffer.data(), buffer.size(), pipe)) output += buffer.data();
  if (pclose(pipe) != 0) return std::nullopt;
  std::istringstream lines(output);
  std::optional<double> rate;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string model, skipped;
    double value = 0;
    if (words >> model >> skipped >> skipped >> skipped >> value && model == name) rate = value;
  }
  return rate;
}

struct Comparison {
  double rate = 0;  ///< the median of all windows
  double peer = 0;  ///< the fastest one's; 0: none, or all failed
};

/// Windows and peers in turn, for a machine's good and bad seconds to meet both.
Comparison compare(const Window& window, const std::string& name, const Arguments& arguments) {
  Comparison result;
  std::vector<double> rates;
  const auto measure = [&] {
    window();  // warms up
    for (int i = 0; i < arguments.windows; ++i) rates.push_back(window());
  };
  measure();
  for (const std::string& peer : arguments.against) {
    result.peer = std::max(result.peer, peer_samples_per_sec(peer, name, arguments).value_or(0));
    measure();
  }
  result.rate = median(rates);
  return result;
}

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Training throughput of the models of the zoo, samples a second.");
  app.add_option("models", arguments.models, "models (default: the whole zoo)");
  app.add_option("--batch", arguments.batch, "examples a step")->capture_default_str();
  app.add_option("--micro-batch", arguments.micro_batch,
                 "train.micro_batch: examples through the model at once; 0: all")
      ->capture_default_str();
  app.add_option("--threads", arguments.threads, "threads (default: all)");
  app.add_option("--seconds", arguments.seconds, "length of a window")->capture_default_str();
  app.add_option("--windows", arguments.windows,
                 "windows, and as many after each peer; the median counts")
      ->capture_default_str();
  app.add_flag("--predict", arguments.predict,
               "the posterior predictive of 10,000 images instead of training");
  app.add_flag("--bf16", arguments.bf16, "model.precision: bf16");
  app.add_option("--against", arguments.against,
                 "a peer's command, run between windows; of several the fastest counts")
      ->allow_extra_args(false);
  CLI11_PARSE(app, argc, argv);
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  if (arguments.models.empty()) arguments.models = zoo().names();

  const auto communicator = self_communicator();
  std::printf("%-18s %6s %8s %12s", "model", "batch", "threads", "samples/s");
  std::printf(arguments.against.empty() ? "\n" : " %12s %8s\n", "peer", "ratio");
  for (const std::string& name : arguments.models) {
    const Comparison result =
        compare((arguments.predict ? prediction : training)(name, arguments, *communicator), name,
                arguments);
    std::printf("%-18s %6lld %8d %12.0f", name.c_str(), static_cast<long long>(arguments.batch),
                thread_count(), result.rate);
    if (!arguments.against.empty()) {
      if (result.peer > 0)
        std::printf(" %12.0f %8.2f", result.peer, result.rate / result.peer);
      else
        std::printf(" %12s %8s", "failed", "-");
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    std::cerr << "throughput: " << error.what() << '\n';
    return static_cast<int>(error.exit_code());
  }
}
