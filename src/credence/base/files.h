#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "credence/base/descriptor.h"
#include "credence/base/sha256.h"  // IWYU pragma: export

namespace credence {

/// The whole file. IoError if it cannot be opened or read, naming it and the system's reason.
std::string read_file(const std::filesystem::path& path);
/// The same, but empty if that fails: for what a system may not have.
std::string read_file_if_any(const std::filesystem::path& path);

/// Its SHA-256, 64 lower-case hexadecimal digits. IoError as for read_file.
std::string sha256_of_file(const std::filesystem::path& path);

/// Makes the directory and those above it; one that exists is fine. CreateError.
void make_directories(const std::filesystem::path& path);

/// CreateError if the file could not be created, as far as can be told beforehand: for outputs that
/// take long to compute.
void require_creatable(const std::filesystem::path& path);

/// A file that appears under its name whole or not at all: the bytes go to a hidden temporary file
/// in the same directory, and commit() puts it in place, through to the disk. Without a commit the
/// temporary file is removed and what was there before stays. A symbolic link stays, and what it
/// points to is replaced. A device or FIFO stays too, and gets the bytes as they are written;
/// opening a FIFO waits for its reader.
///
/// Errors  CreateError if the file cannot be created or put in place; IoError if a write fails, the
///         disk is full, or what is no regular file cannot be opened. They name the file and the
///         system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void commit();

  const std::filesystem::path& path() const { return path_; }

 private:
  void open_temporary();
  [[noreturn]] void fail(std::string_view verb, int error) const;

  std::filesystem::path path_;
  std::filesystem::path target_;     // what path_ stands for, past symbolic links
  std::filesystem::path temporary_;  // empty if the target is written through directly
  Descriptor descriptor_;
};

/// Writes the file in one go, with AtomicFile's promises and errors.
void write_file(const std::filesystem::path& path, std::string_view bytes);
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace credence
