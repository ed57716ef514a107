#include <iostream>
#include <map>

#include <unistd.h>

#include "credence/base/files.h"
#include "credence/base/log.h"
#include "credence/base/text.h"
#include "credence/cli/report_figures.h"
#include "credence/comm/rank_zero.h"
#include "credence/report/curve_plots.h"
#include "credence/report/paper_plots.h"
#include "credence/report/report_page.h"
#include "credence/terminal/progress_observer.h"

namespace credence::cli {
namespace {

struct ReportArguments {
  std::vector<std::string> words;  ///< runs, and overrides
  std::string output;
  ReportOptions options;
  int threads = 0;
  bool no_plots = false;
};

/// What a page is kept below, so that it opens anywhere.
constexpr std::size_t usual_bytes = 3'000'000;

struct Words {
  std::vector<std::string> runs, overrides;
};

/// A word with '=' is an override, unless there is such a directory.
Words sort_words(const std::vector<std::string>& words) {
  Words sorted;
  std::error_code none;
  for (const std::string& word : words) {
    const bool is_override =
        word.find('=') != std::string::npos && !std::filesystem::is_directory(word, none);
    (is_override ? sorted.overrides : sorted.runs).push_back(word);
  }
  require<UsageError>(!sorted.runs.empty(), "report: expected a run directory");
  return sorted;
}

/// A run whose plots cannot be made has its page all the same.
void make_plots(const std::vector<GnuplotPlot>& plots, const std::filesystem::path& folder) {
  try {
    write_plots(plots, folder);
    std::cout << counted(static_cast<long long>(plots.size()), "plot") << " as SVG and PNG in "
              << folder.string() << '\n';
  } catch (const Error& error) {
    log_warning(error.what());
  }
}

/// One warning for all sections that lack the same.
void warn_of_notes(const ReportedRun& run) {
  std::map<std::string, std::vector<std::string>> sections;
  for (const ReportedRun::Note& note : run.notes) sections[note.says].push_back(note.section);
  for (const auto& [says, of] : sections)
    log_warning(concat(run.name, ", ", join(of, ", "), ": ", says));
}

void run_report(const ReportArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  check_samples(arguments.options.samples);
  const Words words = sort_words(arguments.words);
  std::vector<RunDirectory> directories;
  for (const std::string& run : words.runs) directories.push_back(RunDirectory::open(run));
  const std::filesystem::path output = arguments.output.empty()
                                           ? directories.front().report()
                                           : std::filesystem::path(arguments.output);
  require<UsageError>(output.extension() == ".html", "--output: expected a page, .html, got ",
                      output.string());
  set_up_threads(communicator, arguments.threads);
  on_rank_zero(communicator, [&] { require_creatable(output); });

  Progress progress(std::cerr, progress_options(STDERR_FILENO));
  ReportOptions options = arguments.options;
  options.overrides = words.overrides;
  options.progress = context.is_root() ? &progress : nullptr;
  std::vector<ReportedRun> runs;
  for (const RunDirectory& directory : directories) {
    ReportedRun run{.path = directory.path().string()};
    on_rank_zero(communicator, [&] { run = read_reported_run(directory, options.checkpoint); });
    add_network_figures(run, options, communicator);
    runs.push_back(std::move(run));
  }
  on_rank_zero(communicator, [&] {
    const std::string page = report_page(runs);
    write_file(output, page);
    std::cout << "wrote " << output.string() << ", "
              << bytes_text(static_cast<long long>(page.size())) << '\n';
    if (page.size() > usual_bytes)
      log_warning(concat(output.string(), " is larger than 3 MB: fewer runs make a smaller page"));
    for (const ReportedRun& run : runs) warn_of_notes(run);
    if (arguments.no_plots) return;
    for (std::size_t i = 0; i < runs.size(); ++i)
      make_plots(paper_plots(runs[i]), directories[i].plots());
    if (runs.size() > 1)
      make_plots(comparison_plots(runs),
                 output.parent_path() / (output.stem().string() + "-plots"));
  });
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("report", "make a page of a run's figures, or of several runs, and plots");
  const auto arguments = std::make_shared<ReportArguments>();
  command->add_option("runs", arguments->words, "run directories; and key=value: data.path=/here")
      ->required();
  command->add_option("-o,--output", arguments->output,
                      "the page to write, .html (default: report.html in the first run)");
  command
      ->add_option(
          "--examples", arguments->options.examples,
          "test examples, from 0, whose predictive densities are shown (default: some that "
          "are wrong, uncertain and certain)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("-s,--samples", arguments->options.samples,
                      "weight draws (default: the recipe's predict.samples)");
  add_checkpoint_option(*command, arguments->options.checkpoint);
  command->add_flag("--no-plots", arguments->no_plots, "leave out the plots by gnuplot");
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->callback([arguments, &context] { run_report(*arguments, context); });
}

}  // namespace credence::cli
