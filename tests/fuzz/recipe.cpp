// A recipe, and behind a zero byte each the overrides of a command line.

#include "fuzz/fuzz.h"

#include "credence/config/config_file.h"
#include "credence/config/experiment.h"
#include "credence/config/yaml.h"

using namespace credence;

namespace {

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find('\0');
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> parts = parts_of(fuzz::text_of({data, size}));
  const fuzz::InputFile file({data, parts[0].size()});
  Experiment experiment;
  const bool is_read = fuzz::accepts<ConfigError, UsageError>("", [&] {
    experiment = read_experiment(load_config(file.path().string(), std::span(parts).subspan(1)));
  });
  if (!is_read) return 0;
  // What is saved in the run directory can be run again, and is the same again.
  const std::string again = read_experiment(parse_yaml(experiment.resolved, "resolved")).resolved;
  if (again != experiment.resolved) fuzz::fail(experiment.resolved + "--- again:\n" + again);
  return 0;
}
