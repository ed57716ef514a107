#include "credence/serve/token.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/log.h"

namespace credence {
namespace {

std::string hash_of(std::string_view text) {
  return text_sha256(text);
}

}  // namespace

Token::Token(std::string_view text, const std::string& where) {
  require<ConfigError>(text.size() >= least_length, where, ": expected a token of at least ",
                       least_length, " characters, got ", text.size());
  const bool is_printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  require<ConfigError>(is_printable, where,
                       ": expected a token of printable characters without blanks");
  // cpp-httplib takes %41 in a header for A.
  require<UsageError>(text.find('%') == text.npos, where,
                      ": expected a token without %, which HTTP libraries decode");
  hash_ = hash_of(text);
}

bool Token::allows(std::string_view authorization) const {
  if (!is_required()) return true;
  constexpr std::string_view scheme = "bearer ";  // in whatever case: RFC 7235
  const bool is_bearer =
      authorization.size() > scheme.size() &&
      std::ranges::equal(scheme, authorization.substr(0, scheme.size()), {}, {}, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      });
  const std::string given = hash_of(is_bearer ? authorization.substr(scheme.size()) : "");
  unsigned char difference = is_bearer ? 0 : 1;
  for (std::size_t i = 0; i < hash_.size(); ++i)
    difference |= static_cast<unsigned char>(hash_[i] ^ given[i]);
  return difference == 0;
}

Token read_token(const std::filesystem::path& path) {
  std::error_code none;
  const auto status = std::filesystem::status(path, none);
  require<DataError>(std::filesystem::exists(status),
                     "--token-file: expected a file, found none: ", path.string());
  using std::filesystem::perms;
  if ((status.permissions() & (perms::group_read | perms::others_read)) != perms::none)
    log_warning(
        concat(path.string(), ": others may read the token (chmod 600 ", path.string(), ")"));
  const std::string text = read_file(path);
  constexpr const char* blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks), end = text.find_last_not_of(blanks);
  return {begin == std::string::npos ? "" : std::string_view(text).substr(begin, end + 1 - begin),
          path.string()};
}

}  // namespace credence
