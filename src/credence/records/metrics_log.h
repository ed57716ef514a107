#pragma once

#include <span>
#include <string_view>

#include "credence/base/json.h"
#include "credence/records/append_file.h"

namespace credence {

/// The events of metrics.jsonl.
enum class MetricsEvent { header, step, epoch, end };

std::string_view name_of(MetricsEvent event);

/// Writer of metrics.jsonl: one JSON object a line, {"event":"epoch","epoch":1,...}, keys in the
/// order given, with AppendFile's promises and errors.
class MetricsLog {
 public:
  explicit MetricsLog(const std::filesystem::path& path) : file_(path) {}

  void write(MetricsEvent event, std::span<const Field> fields);
  std::int64_t bytes() const { return file_.bytes(); }
  void truncate(std::int64_t bytes) { file_.truncate(bytes); }

 private:
  AppendFile file_;
};

}  // namespace credence
