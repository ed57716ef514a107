#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "credence/base/json.h"

namespace credence {

/// The events of metrics.jsonl.
enum class MetricsEvent { header, step, epoch, end };

std::string_view name_of(MetricsEvent event);

/// Writer of metrics.jsonl: one JSON object a line, {"event":"epoch","epoch":1,...}, keys in the
/// order given. Each line is one write call on a file opened for appending, so a reader who follows
/// the file, or a killed run, sees whole lines.
class MetricsLog {
 public:
  /// Creates the file or goes on at its end. CreateError if it cannot be opened.
  explicit MetricsLog(const std::filesystem::path& path);
  ~MetricsLog();
  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;

  /// How long the file is now. IoError.
  std::int64_t bytes() const;
  /// Takes back what is behind its first so many bytes. IoError.
  void cut(std::int64_t bytes);

  /// IoError if the line cannot be written, such as on a full disk; part of a line is taken back.
  void write(MetricsEvent event, std::span<const Field> fields);

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace credence
