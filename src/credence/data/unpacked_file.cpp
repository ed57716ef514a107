#include "credence/data/unpacked_file.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <zlib.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

// "Maximum Compression Factor", zlib.net/zlib_tech.html.
constexpr std::uint64_t greatest_ratio = 1032;

bool begins_as_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

}  // namespace

UnpackedFile::UnpackedFile(std::filesystem::path path)
    : path_(std::move(path)), bytes_(read_file(path_)) {
  if (!begins_as_gzip(bytes_)) return;
  auto stream = std::make_unique<z_stream_s>();
  constexpr int gzip_window = 15 + 16;
  require<InternalError>(inflateInit2(stream.get(), gzip_window) == Z_OK, "zlib cannot start");
  stream_ = std::move(stream);
  stream_->next_in = reinterpret_cast<Bytef*>(bytes_.data());
}

UnpackedFile::~UnpackedFile() {
  if (stream_) inflateEnd(stream_.get());
}

std::uint64_t UnpackedFile::most_bytes() const {
  return stream_ ? bytes_.size() * greatest_ratio : bytes_.size();
}

std::size_t UnpackedFile::read(std::span<std::byte> dst) {
  if (stream_) return unpack(dst);
  const std::size_t count = std::min(dst.size(), bytes_.size() - position_);
  std::memcpy(dst.data(), bytes_.data() + position_, count);
  position_ += count;
  return count;
}

std::size_t UnpackedFile::unpack(std::span<std::byte> dst) {
  constexpr std::size_t piece = std::numeric_limits<uInt>::max();
  const auto* begin = reinterpret_cast<const Bytef*>(bytes_.data());
  std::size_t got = 0;
  while (got < dst.size() && !ended_) {
    const auto consumed = static_cast<std::size_t>(stream_->next_in - begin);
    stream_->avail_in = static_cast<uInt>(std::min(piece, bytes_.size() - consumed));
    const std::size_t room = std::min(piece, dst.size() - got);
    stream_->next_out = reinterpret_cast<Bytef*>(dst.data() + got);
    stream_->avail_out = static_cast<uInt>(room);
    const int status = inflate(stream_.get(), Z_NO_FLUSH);
    got += room - stream_->avail_out;
    require<DataError>(status != Z_BUF_ERROR, path_.string(),
                       ": its gzip data are cut short after ", bytes_.size(), " bytes");
    if (status == Z_STREAM_END) {
      // A gzip file may be several, one after the other (RFC 1952, 2.2).
      const auto rest = std::string_view(bytes_).substr(stream_->next_in - begin);
      require<DataError>(rest.empty() || begins_as_gzip(rest), path_.string(), ": ", rest.size(),
                         " bytes too long: they follow the end of its gzip data");
      ended_ = rest.empty();
      if (!ended_) inflateReset(stream_.get());
      continue;
    }
    require<DataError>(status == Z_OK, path_.string(), ": its gzip data are damaged: ",
                       stream_->msg ? stream_->msg : zError(status));
  }
  return got;
}

}  // namespace credence
