#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

struct z_stream_s;

namespace credence {

/// The bytes of a file, unpacked on the way if they are gzip's, which their first two tell and not
/// the file's name.
///
/// Errors  IoError if the file cannot be read; DataError, naming it, if its gzip data are damaged,
///         cut short or followed by something else.
class UnpackedFile {
 public:
  explicit UnpackedFile(std::filesystem::path path);
  ~UnpackedFile();
  UnpackedFile(const UnpackedFile&) = delete;
  UnpackedFile& operator=(const UnpackedFile&) = delete;

  /// The next bytes; fewer than asked for only at the end. A packed file's checksum is known to be
  /// right once a read came to the end.
  std::size_t read(std::span<std::byte> dst);

  /// No more bytes than this can come, however the file was made: what a header announces can be
  /// held against it before memory is taken.
  std::uint64_t most_bytes() const;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::size_t unpack(std::span<std::byte> dst);

  std::filesystem::path path_;
  std::string bytes_;
  std::size_t position_ = 0;  ///< of a file that is not packed
  std::unique_ptr<z_stream_s> stream_;
  bool ended_ = false;
};

}  // namespace credence
