#include "credence/data/download.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <exception>
#include <memory>
#include <optional>

#include <curl/curl.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/version.h"

namespace credence {
namespace {

struct Cleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Clock = std::chrono::steady_clock;
using Handle = std::unique_ptr<CURL, Cleanup>;

Handle make_handle() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  Handle handle(started == CURLE_OK ? curl_easy_init() : nullptr);
  require<InternalError>(handle != nullptr, "download: libcurl cannot start");
  return handle;
}

/// One attempt at one URL.
class Transfer {
 public:
  Transfer(const RemoteFile& file, const std::filesystem::path& path, std::string url,
           const DownloadOptions& options)
      : file_(file), path_(path), options_(options) {
    event_.url = std::move(url);
  }

  /// Why it failed; nothing if it did not.
  std::optional<std::string> run() {
    const Handle handle = make_handle();
    set_up(handle.get());
    tell(DownloadEvent::Kind::started);
    AtomicFile destination(path_);
    destination_ = &destination;
    const CURLcode code = curl_easy_perform(handle.get());
    if (failure_) std::rethrow_exception(failure_);
    if (auto reason = reason_of_failure(handle.get(), code)) return failed(*reason);
    if (const std::string got = digest_.hex(); got != file_.sha256)
      return failed(concat("expected SHA-256 ", file_.sha256, ", got ", got, " (",
                           event_.received_bytes, " bytes)"));
    destination.commit();
    tell(DownloadEvent::Kind::done);
    return std::nullopt;
  }

 private:
  void set_up(CURL* handle) {
    const auto milliseconds = std::max(1L, std::lround(1000 * options_.connect_timeout_s));
    curl_easy_setopt(handle, CURLOPT_URL, event_.url.c_str());
    curl_easy_setopt(handle, CURLOPT_USERAGENT, concat("credence/", version()).c_str());
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message_.data());
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_bytes);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  }

  std::optional<std::string> reason_of_failure(CURL* handle, CURLcode code) const {
    if (stalled_) return concat("nothing came for ", options_.stall_timeout_s, " s");
    if (too_long_) return concat("longer than the ", file_.most_bytes, " bytes expected");
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_HTTP_RETURNED_ERROR) return concat("HTTP status ", status);
    if (code == CURLE_PARTIAL_FILE)
      return concat("cut short: expected ", event_.total_bytes, " bytes, got ",
                    event_.received_bytes);
    if (code != CURLE_OK)
      return std::string(message_[0] ? message_.data() : curl_easy_strerror(code));
    return std::nullopt;
  }

  std::optional<std::string> failed(std::string reason) {
    event_.reason = reason;
    tell(DownloadEvent::Kind::failed);
    return reason;
  }
  void tell(DownloadEvent::Kind kind) {
    event_.kind = kind;
    if (options_.observer) options_.observer(event_);
  }

  // No exception may pass through libcurl: it is kept, and thrown again after the transfer.
  static std::size_t on_bytes(char* bytes, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      transfer.event_.received_bytes += count;
      transfer.last_byte_ = Clock::now();
      transfer.too_long_ = transfer.event_.received_bytes > transfer.file_.most_bytes;
      if (transfer.too_long_) return 0;
      transfer.digest_.update(std::string_view(bytes, count));
      transfer.destination_->write(std::string_view(bytes, count));
      return count;
    } catch (...) {
      transfer.failure_ = std::current_exception();
      return 0;
    }
  }
  static int on_progress(void* self, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      transfer.event_.total_bytes = static_cast<std::uint64_t>(total);
      transfer.tell(DownloadEvent::Kind::received);
      const std::chrono::duration<double> silence = Clock::now() - transfer.last_byte_;
      transfer.stalled_ = silence.count() > transfer.options_.stall_timeout_s;
      return transfer.stalled_ ? 1 : 0;
    } catch (...) {
      transfer.failure_ = std::current_exception();
      return 1;
    }
  }

  const RemoteFile& file_;
  const std::filesystem::path& path_;
  const DownloadOptions& options_;
  DownloadEvent event_;
  Sha256 digest_;
  AtomicFile* destination_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> message_{};
  std::exception_ptr failure_;
  Clock::time_point last_byte_ = Clock::now();
  bool stalled_ = false;
  bool too_long_ = false;
};

}  // namespace

void download(const RemoteFile& file, const std::filesystem::path& folder,
              const DownloadOptions& options) {
  make_directories(folder);
  const std::filesystem::path path = folder / file.name;
  std::string reasons;
  for (const std::string& url : file.urls) {
    const auto reason = Transfer(file, path, url, options).run();
    if (!reason) return;
    reasons += concat("\n  ", url, ": ", *reason);
  }
  throw DataError(concat(file.name, ": cannot be downloaded",
                         reasons.empty() ? ": no place is known" : ":", reasons));
}

}  // namespace credence
