#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "credence/base/descriptor.h"

namespace credence {

/// A file that grows by whole records. Each is one write call on a file opened for appending, so a
/// reader who follows the file, or a killed run, sees whole ones. One process at a time has it
/// open, as far as the file system can lock files.
class AppendFile {
 public:
  /// Creates the file or goes on at its end. CreateError if it cannot be opened, or another process
  /// is writing it.
  explicit AppendFile(const std::filesystem::path& path);

  /// IoError if the record cannot be written, such as on a full disk; part of one is taken back.
  void write(std::string_view record);

  /// How long the file is now. IoError.
  std::int64_t bytes() const;
  /// Takes back what is behind its first so many bytes. IoError.
  void truncate(std::int64_t bytes);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

}  // namespace credence
