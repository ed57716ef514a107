#include "credence/records/run_directory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

#include <sys/stat.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/text.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

/// False if the path exists. mkdir alone decides, so that of two jobs only one gets it.
bool make_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return true;
  if (errno == EEXIST) return false;
  throw CreateError(
      concat("output directory ", path.string(), ": cannot be created: ", std::strerror(errno)));
}

void make_parents(const fs::path& path) {
  const fs::path parent = path.parent_path();
  if (parent.empty()) return;
  std::error_code error;
  fs::create_directories(parent, error);
  require<CreateError>(!error, "output directory ", path.string(),
                       ": cannot be created: ", parent.string(), ": ", error.message());
}

/// "mnist_cnn-3" is "mnist_cnn": another run of a recipe that was run before.
std::string without_number(const std::string& run) {
  const std::size_t end = run.find_last_not_of("0123456789");
  const bool numbered =
      end != std::string::npos && end > 0 && run[end] == '-' && end + 1 < run.size();
  return numbered ? run.substr(0, end) : run;
}

std::string recipe_name(const std::string& recipe) {
  const fs::path file = fs::path(recipe).filename();
  if (file == "config.yaml" && fs::path(recipe).has_parent_path())
    return without_number(fs::absolute(recipe).parent_path().filename().string());
  const bool yaml = file.extension() == ".yaml" || file.extension() == ".yml";
  const std::string name = yaml ? file.stem().string() : file.string();
  return name.empty() ? "run" : name;
}

/// Whether a run began here and was ended before its configuration was written.
bool is_barely_begun(const fs::path& path) {
  static const std::vector<std::string> first{"metrics.jsonl", "log.txt"};
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(".config.yaml.") && std::ranges::count(first, name) == 0) return false;
  }
  return !error;
}

}  // namespace

RunDirectory RunDirectory::create(const RunDirectoryOptions& options) {
  if (!options.output.empty()) {
    const fs::path path =
        options.output.has_filename() ? options.output : options.output.parent_path();
    make_parents(path);
    const bool is_ours = make_directory(path) || (options.begins_again && is_barely_begun(path));
    require<CreateError>(is_ours, "output directory ", path.string(),
                         ": exists; choose another, runs are never overwritten");
    return RunDirectory(path);
  }
  const std::string name = recipe_name(options.recipe);
  make_parents(options.root / name);
  for (int number = 1;; ++number) {
    const fs::path path = options.root / concat(name, "-", number);
    if (make_directory(path)) return RunDirectory(path);
  }
}

fs::path RunDirectory::newest(const RunDirectoryOptions& options) {
  const std::string prefix = recipe_name(options.recipe) + "-";
  fs::path found;
  std::uint64_t highest = 0;
  std::error_code error;
  for (fs::directory_iterator entry(options.root, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    const std::optional<std::uint64_t> number =
        to_whole_number(std::string_view(name).substr(prefix.size()));
    if (!number || *number <= highest) continue;
    highest = *number;
    found = entry->path();
  }
  return found;
}

RunDirectory RunDirectory::open(const fs::path& path) {
  std::error_code error;
  require<DataError>(fs::is_directory(path, error), "run directory ", path.string(),
                     ": expected a directory made by credence train, found none");
  require<DataError>(fs::exists(path / "config.yaml", error), "run directory ", path.string(),
                     ": expected a directory made by credence train, it has no config.yaml");
  return RunDirectory(path);
}

void RunDirectory::write_config(std::string_view yaml) const {
  write_file(config(), yaml);
}

void RunDirectory::write_environment(std::string_view json) const {
  fs::path path = environment();
  std::error_code error;
  for (int start = 2; fs::exists(path, error); ++start)
    path = path_ / concat("env.", start, ".json");
  write_file(path, json);
}

}  // namespace credence
