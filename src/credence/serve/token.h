#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace credence {

/// The secret of whoever may ask. Only its hash is kept.
class Token {
 public:
  static constexpr std::size_t least_length = 16;

  /// No token: everyone may ask.
  Token() = default;
  /// ConfigError, naming `where` it comes from, unless it is at least that long and of printable
  /// characters without blanks; UsageError if one of them is %.
  Token(std::string_view text, const std::string& where);

  bool is_required() const { return !hash_.empty(); }
  /// Whether the value of an Authorization header, "Bearer TOKEN", is right: in a time that does
  /// not tell how nearly.
  bool allows(std::string_view authorization) const;

 private:
  std::string hash_;
};

/// The token that a file holds, with blank space around it or not. Warns if others may read it.
/// DataError if there is none; IoError if it cannot be read.
Token read_token(const std::filesystem::path& path);

}  // namespace credence
