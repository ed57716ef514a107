#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace credence {

/// What a run comes to: the content of summary.json.
struct Summary {
  std::string version;  ///< Credence's own unless told
  std::string model;
  std::string dataset;
  std::uint64_t seed = 0;
  int ranks = 1;
  int threads_per_rank = 1;
  std::string device = "cpu";
  std::int64_t parameters = 0;
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  double train_seconds = 0;
  double samples_per_sec = 0;  ///< over train_seconds: no start-up, no evaluation
  std::int64_t peak_rss_bytes = 0;
  std::string weights_sha256;
  using Figures = std::vector<std::pair<std::string, double>>;  ///< in the order they are written
  Figures communication;  ///< of several ranks; else not written
  Figures inference;      ///< of a method that has some, such as an acceptance; else not written
  Figures test;           ///< metrics

  Summary();
};

/// Writes the file whole or not at all. A metric that is not finite becomes null.
void write_summary(const std::filesystem::path& path, const Summary& summary);

/// Reads what write_summary wrote; null becomes NaN. DataError, naming the key, if one is missing
/// or of another type.
Summary read_summary(const std::filesystem::path& path);

}  // namespace credence
