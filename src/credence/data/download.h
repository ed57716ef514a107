#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace credence {

/// A file of a data set on the net.
struct RemoteFile {
  std::string name;                       ///< its name on disk
  std::vector<std::string> urls;          ///< where it is, the first that works is taken
  std::string sha256;                     ///< of the file as it comes, 64 lower-case digits
  std::uint64_t most_bytes = 1ull << 30;  ///< a longer body is given up
};

struct DownloadEvent {
  enum class Kind { started, received, failed, done };
  Kind kind = Kind::started;
  std::string url;
  std::uint64_t received_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< 0 if unknown
  std::string reason;             ///< why it failed
};
/// Told of all that happens; an exception that it throws ends the download.
using DownloadObserver = std::function<void(const DownloadEvent&)>;

struct DownloadOptions {
  double connect_timeout_s = 10;
  double stall_timeout_s = 30;  ///< without a byte
  DownloadObserver observer;
};

/// Downloads a file from the first of its URLs that gives it whole and with the right SHA-256. It
/// appears in `folder`, which is made if needed, only then.
///
/// Errors  DataError, with each URL and its reason, if none does; CreateError, IoError as for
///         AtomicFile, at once, if it cannot be written.
void download(const RemoteFile& file, const std::filesystem::path& folder,
              const DownloadOptions& options = {});

}  // namespace credence
