#include "credence/records/append_file.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credence/base/errors.h"
#include "credence/base/file_lock.h"

namespace credence {

AppendFile::AppendFile(const std::filesystem::path& path)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  require<CreateError>(file_.is_open(), path.string(),
                       ": cannot open for writing: ", std::strerror(errno));
  struct stat status {};
  const bool is_regular = ::fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode);
  require<CreateError>(!is_regular || lock_file(file_.get()), path.string(),
                       ": another process is writing it; wait until that has ended");
}

std::int64_t AppendFile::bytes() const {
  const off_t end = ::lseek(file_.get(), 0, SEEK_END);
  require<IoError>(end >= 0, path_.string(), ": cannot tell its length: ", std::strerror(errno));
  return end;
}

void AppendFile::truncate(std::int64_t bytes) {
  if (bytes >= this->bytes()) return;
  require<IoError>(::ftruncate(file_.get(), bytes) == 0, path_.string(),
                   ": cannot be truncated: ", std::strerror(errno));
}

void AppendFile::write(std::string_view record) {
  ssize_t written = 0;
  do {
    written = ::write(file_.get(), record.data(), record.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(record.size())) return;

  std::string reason = written < 0 ? std::strerror(errno) : "disk full";
  if (written > 0) {
    const off_t end = ::lseek(file_.get(), 0, SEEK_END);
    if (end < written || ::ftruncate(file_.get(), end - written) != 0)
      reason += "; the last record is incomplete";
  }
  throw IoError(concat(path_.string(), ": expected to write ", record.size(), " bytes, got ",
                       written < 0 ? 0 : written, ": ", reason));
}

}  // namespace credence
