#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace credence {

/// Reads a file of lines that grows: at each call what was added since the last one. A last line
/// that is not whole yet waits for its end. A file that was cut back, or replaced, is read from its
/// beginning again.
class FileTail {
 public:
  explicit FileTail(std::filesystem::path path) : path_(std::move(path)) {}

  struct News {
    bool begins_again = false;       ///< forget all lines before these
    std::vector<std::string> lines;  ///< without their ends
  };
  /// None if the file is not there. IoError if it cannot be read.
  News read();

 private:
  bool is_continued(int file) const;

  std::filesystem::path path_;
  std::int64_t end_ = 0;    // of the last whole line
  std::string last_bytes_;  // before `end_`: they tell whether the file was cut and grew again
};

}  // namespace credence
