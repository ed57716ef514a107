#include "credence/report/metrics_log.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {

std::string_view name_of(MetricsEvent event) {
  switch (event) {
    case MetricsEvent::header:
      return "header";
    case MetricsEvent::step:
      return "step";
    case MetricsEvent::epoch:
      return "epoch";
    case MetricsEvent::end:
      return "end";
  }
  throw InternalError("metrics: unknown event");
}

MetricsLog::MetricsLog(const std::filesystem::path& path)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  require<CreateError>(file_ >= 0, path.string(),
                       ": cannot open for writing: ", std::strerror(errno));
}

MetricsLog::~MetricsLog() {
  ::close(file_);
}

std::int64_t MetricsLog::bytes() const {
  const off_t end = ::lseek(file_, 0, SEEK_END);
  require<IoError>(end >= 0, path_.string(), ": cannot tell its length: ", std::strerror(errno));
  return end;
}

void MetricsLog::cut(std::int64_t bytes) {
  if (bytes >= this->bytes()) return;
  require<IoError>(::ftruncate(file_, bytes) == 0, path_.string(),
                   ": cannot be cut: ", std::strerror(errno));
}

void MetricsLog::write(MetricsEvent event, std::span<const Field> fields) {
  std::vector<Field> all{{"event", std::string(name_of(event))}};
  all.insert(all.end(), fields.begin(), fields.end());
  const std::string line = json_object(all) + "\n";

  ssize_t written = 0;
  do {
    written = ::write(file_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) return;

  std::string reason = written < 0 ? std::strerror(errno) : "disk full";
  if (written > 0) {
    const off_t end = ::lseek(file_, 0, SEEK_END);
    if (end < written || ::ftruncate(file_, end - written) != 0)
      reason += "; the last line is incomplete";
  }
  throw IoError(concat(path_.string(), ": expected to write ", line.size(), " bytes, got ",
                       written < 0 ? 0 : written, ": ", reason));
}

}  // namespace credence
