#include "credence/report/reported_run.h"

#include <functional>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/checkpoint/checkpoint_folder.h"

namespace credence {
namespace {

constexpr std::size_t most_moments = 12;

std::string name_of_run(const std::filesystem::path& path) {
  return std::filesystem::absolute(path / "").lexically_normal().parent_path().filename().string();
}

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

LearningCurves read_curves(const std::filesystem::path& path) {
  try {
    return parse_learning_curves(read_file(path));
  } catch (const DataError& error) {
    throw DataError(concat(path.string(), ": ", error.what()));
  }
}

std::vector<WeightHistogram> read_histograms(const RunDirectory& directory,
                                             const std::string& checkpoint) {
  const std::filesystem::path path = directory.histograms();
  if (!is_there(path))
    return weight_histograms(read_safetensors(choose_checkpoint(directory.path(), checkpoint)));
  try {
    return thinned(parse_weight_histograms(read_file(path)), most_moments);
  } catch (const DataError& error) {
    throw DataError(concat(path.string(), ": ", error.what()));
  }
}

}  // namespace

ReportedRun read_reported_run(const RunDirectory& directory, const std::string& checkpoint) {
  ReportedRun run{.name = name_of_run(directory.path()),
                  .path = directory.path().string(),
                  .config = read_file_if_any(directory.config()),
                  .environment = read_file_if_any(directory.environment())};
  const auto read = [&](const char* section, const std::function<void()>& how) {
    try {
      how();
    } catch (const Error& error) {
      run.notes.push_back({section, error.what()});
    }
  };
  read("summary", [&] {
    if (!is_there(directory.summary())) return;
    run.summary = read_summary(directory.summary());
    run.test = run.summary->test;
  });
  read("curves", [&] {
    run.curves = read_curves(directory.metrics());
    run.course = course_of(directory.metrics());
  });
  read("profile", [&] {
    if (is_there(directory.profile())) run.profile = read_profile(directory.profile());
  });
  read("posterior", [&] { run.histograms = read_histograms(directory, checkpoint); });
  return run;
}

}  // namespace credence
