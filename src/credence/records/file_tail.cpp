#include "credence/records/file_tail.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credence/base/descriptor.h"
#include "credence/base/errors.h"

namespace credence {
namespace {

constexpr std::size_t remembered_bytes = 256;

/// Bytes [begin, begin + count), fewer if the file ends before.
std::string read_at(int file, std::int64_t begin, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t got = 0;
  while (got < count) {
    const ssize_t part = ::pread(file, bytes.data() + got, count - got,
                                 static_cast<off_t>(begin + static_cast<std::int64_t>(got)));
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) break;
    got += static_cast<std::size_t>(part);
  }
  bytes.resize(got);
  return bytes;
}

std::int64_t size_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? status.st_size : 0;
}

}  // namespace

bool FileTail::is_continued(int file) const {
  const auto count = static_cast<std::int64_t>(last_bytes_.size());
  return read_at(file, end_ - count, last_bytes_.size()) == last_bytes_;
}

FileTail::News FileTail::read() {
  News news;
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  require<IoError>(file.is_open() || errno == ENOENT, path_.string(),
                   ": cannot open: ", std::strerror(errno));
  if (!file.is_open()) return news;
  const std::int64_t size = size_of(file.get());
  if (size == end_ && end_ == 0) return news;
  if (size < end_ || !is_continued(file.get())) {
    news.begins_again = true;
    end_ = 0;
    last_bytes_.clear();
  }
  const std::string bytes = read_at(file.get(), end_, static_cast<std::size_t>(size - end_));
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = bytes.find('\n', begin)) != std::string::npos; begin = end + 1)
    news.lines.push_back(bytes.substr(begin, end - begin));
  if (begin == 0) return news;
  end_ += static_cast<std::int64_t>(begin);
  last_bytes_ =
      bytes.substr(begin - std::min(begin, remembered_bytes), std::min(begin, remembered_bytes));
  return news;
}

}  // namespace credence
