#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace credence {

struct RunDirectoryOptions {
  std::filesystem::path output = {};  ///< made as it is named; if empty, a new one below `root`
  std::string recipe = "run";         ///< name or file of the recipe: <root>/<recipe>-<n>
  std::filesystem::path root = "runs";
  bool begins_again = false;  ///< in `output`, if a run ended there before it had a configuration
};

/// The directory that holds everything a run writes. Only rank 0 makes and writes it.
class RunDirectory {
 public:
  /// Makes a directory that did not exist; of those numbered, the lowest that is free from 1 on,
  /// also when several jobs start at once. CreateError if it exists or cannot be made.
  static RunDirectory create(const RunDirectoryOptions& options);
  /// Of those that create() has numbered for a recipe, the newest; empty if there is none.
  static std::filesystem::path newest(const RunDirectoryOptions& options);
  /// The directory of an earlier run. DataError if there is none.
  static RunDirectory open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.yaml"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path summary() const { return path_ / "summary.json"; }
  std::filesystem::path environment() const { return path_ / "env.json"; }
  std::filesystem::path profile() const { return path_ / "profile.json"; }
  std::filesystem::path histograms() const { return path_ / "histograms.jsonl"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path plots() const { return path_ / "plots"; }
  std::filesystem::path report() const { return path_ / "report.html"; }

  /// Written whole or not at all. IoError on failure.
  void write_config(std::string_view yaml) const;
  void write_environment(std::string_view json) const;

 private:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace credence
