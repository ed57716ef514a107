#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#include <unistd.h>

#include "credence/base/files.h"
#include "credence/cli/session.h"
#include "credence/cli/uci_report.h"
#include "credence/comm/rank_zero.h"
#include "credence/data/uci.h"
#include "credence/terminal/progress.h"

namespace credence::cli {
namespace {

namespace fs = std::filesystem;

struct UciArguments {
  std::string data;
  std::vector<std::string> sets;     // empty: all
  std::vector<std::string> methods;  // empty: all
  std::optional<std::int64_t> splits;
  std::string json;
  std::string recipe;
  std::vector<std::string> overrides;
  int threads = 1;
};

/// UsageError, naming the closest one, for a name that is not known.
std::vector<std::string> choose(const char* option, const char* kind,
                                const std::vector<std::string>& names,
                                const std::vector<std::string>& known) {
  for (const std::string& name : names)
    require<UsageError>(std::ranges::count(known, name) > 0, option, ": ",
                        unknown_name(kind, name, known));
  return names.empty() ? known : names;
}

fs::path data_folder(const UciArguments& arguments) {
  const char* const variable = std::getenv("CREDENCE_DATA_DIR");
  require<UsageError>(!arguments.data.empty() || (variable && *variable != '\0'),
                      "--data: give the folder of the sets, or set CREDENCE_DATA_DIR, in which "
                      "they are \"uci\"");
  const fs::path folder =
      arguments.data.empty() ? fs::path(variable) / "uci" : fs::path(arguments.data);
  std::error_code error;
  const std::string full = fs::absolute(folder, error).lexically_normal().string();
  require<DataError>(fs::is_directory(folder, error), "--data: there is no folder ", full);
  require<DataError>(!is_uci_folder(folder), "--data: ", full,
                     " is itself a set: give the folder that it is in, and its name as --sets");
  return folder;
}

std::vector<fs::path> find_sets(const UciArguments& arguments) {
  const fs::path folder = data_folder(arguments);
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (is_uci_folder(entry.path())) found.push_back(entry.path().filename().string());
  std::ranges::sort(found);
  require<DataError>(!found.empty(), "--data: no folder in ", folder.string(),
                     " has a data.txt and an n_splits.txt");
  std::vector<fs::path> sets;
  for (const std::string& name : choose("--sets", "set", arguments.sets, found))
    sets.push_back(folder / name);
  return sets;
}

std::int64_t splits_of(const fs::path& set, const UciArguments& arguments) {
  const std::int64_t all = uci_splits(set);
  const std::int64_t splits = arguments.splits.value_or(all);
  require<UsageError>(splits >= 1 && splits <= all, "--splits: expected 1 to ", all,
                      ", the splits of ", set.filename().string(), ", got ", splits);
  return splits;
}

/// Every rank runs splits of its own, by itself; all of them end with the runs of all splits.
std::vector<UciRun> run_splits(const UciMethod& method, UciTask task, std::int64_t splits,
                               Communicator& communicator, const std::string& work,
                               Progress& progress) {
  constexpr std::size_t figures = 5;
  const auto ranks = static_cast<std::int64_t>(communicator.size());
  std::vector<double> all(static_cast<std::size_t>(splits) * figures);
  const std::int64_t fits = (splits + ranks - 1) / ranks * uci_fits(method);
  std::int64_t done = 0;
  const auto show = [&] {
    if (communicator.rank() == 0) progress.update({.work = work, .step = done, .steps = fits});
  };
  show();
  for (task.split = communicator.rank(); task.split < splits; task.split += ranks) {
    const UciRun run = run_uci(method, task, [&] {
      ++done;
      show();
    });
    const std::array<double, figures> own{static_cast<double>(run.candidate), run.validation_ll,
                                          run.rmse, run.ll, run.seconds};
    std::ranges::copy(own, all.begin() + static_cast<std::ptrdiff_t>(figures) * task.split);
  }
  communicator.sum(std::span(all));
  std::vector<UciRun> runs;
  for (auto from = all.begin(); from != all.end(); from += figures)
    runs.push_back({.candidate = static_cast<std::size_t>(from[0]),
                    .validation_ll = from[1],
                    .rmse = from[2],
                    .ll = from[3],
                    .seconds = from[4]});
  return runs;
}

void bench_uci(const UciArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  std::vector<fs::path> sets;
  std::vector<std::string> methods;
  on_rank_zero(communicator, [&] {
    methods = choose("--methods", "method", arguments.methods, uci_methods().names());
    sets = find_sets(arguments);
    if (!arguments.json.empty()) require_creatable(arguments.json);
    for (const std::string& method : methods)
      check_uci(uci_methods().find(method), {.folder = sets[0], .overrides = arguments.overrides});
    for (const fs::path& set : sets)
      for (std::int64_t split = splits_of(set, arguments) - 1; split >= 0; --split)
        load_uci({.path = set.string(), .split = split});
  });
  if (!context.is_root()) {
    methods = choose("--methods", "method", arguments.methods, uci_methods().names());
    sets = find_sets(arguments);
  }
  set_up_threads(communicator, arguments.threads);

  Progress progress(std::cout, progress_options(STDOUT_FILENO));
  std::vector<UciResult> results;
  for (const fs::path& set : sets)
    for (const std::string& method : methods) {
      UciResult result{.method = method, .folder = set, .overrides = arguments.overrides};
      result.runs = run_splits(
          uci_methods().find(method), {.folder = set, .overrides = arguments.overrides},
          splits_of(set, arguments), communicator, concat(result.set(), " ", method), progress);
      results.push_back(result);
      on_rank_zero(communicator, [&] {
        progress.finish_line(concat(result.set(), "  ", method, "  rmse ",
                                    mean_text(result, &UciRun::rmse), "  ll ",
                                    mean_text(result, &UciRun::ll)));
        // After each, so that a run cut short leaves what it had.
        if (!arguments.json.empty()) write_file(arguments.json, uci_json(results));
      });
    }
  if (context.is_root()) std::cout << '\n' << uci_table(results) << std::flush;
}

void print_recipe(const std::string& name) {
  choose("--recipe", "method", {name}, uci_methods().names());
  const UciMethod& method = uci_methods().find(name);
  std::cout << method.recipe;
  if (method.candidates.size() > 1) {
    std::cout << "# What `credence bench uci` chooses from:\n";
    for (const auto& changes : method.candidates)
      std::cout << "#   " << (changes.empty() ? "the recipe as it is" : join(changes, " ")) << '\n';
  }
  std::cout << std::flush;
}

}  // namespace

void add_bench(CLI::App& app, Context& context) {
  CLI::App* const bench = app.add_subcommand("bench", "compare methods on published benchmarks");
  bench->require_subcommand(1);
  CLI::App* const uci = bench->add_subcommand("uci", "regression on UCI sets with given splits");
  const auto arguments = std::make_shared<UciArguments>();
  uci->add_option("overrides", arguments->overrides,
                  "key=value: changes to the recipes of all methods");
  uci->add_option("--data", arguments->data,
                  "folder of the sets (default: uci in CREDENCE_DATA_DIR)");
  uci->add_option("--sets", arguments->sets, "sets, by their folders' names (default: all)")
      ->delimiter(',')
      ->allow_extra_args(false);
  uci->add_option("--methods", arguments->methods,
                  "methods: " + join(uci_methods().names()) + " (default: all)")
      ->delimiter(',')
      ->allow_extra_args(false);
  uci->add_option("--splits", arguments->splits, "the first so many splits (default: all)");
  uci->add_option("--json", arguments->json, "write all figures to this file");
  uci->add_option("--recipe", arguments->recipe, "print a method's recipe, and run nothing");
  uci->add_option("-t,--threads", arguments->threads,
                  "threads of a rank (default: 1; 0: its share of the cores)");
  uci->callback([arguments, &context] {
    if (arguments->recipe.empty()) return bench_uci(*arguments, context);
    on_rank_zero(context.communicator(), [&] { print_recipe(arguments->recipe); });
  });
}

}  // namespace credence::cli
