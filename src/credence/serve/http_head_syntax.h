#pragma once

#include <cstdint>
#include <string>

namespace credence {

/// Reads the head of a request along with cpp-httplib, and tells whether it is one.
///
/// cpp-httplib passes over lines that it cannot read, and decodes %41 in those that it can. Had one
/// of them announced a body, that would be taken for the next request.
class HttpHeadSyntax {
 public:
  /// The next byte; after the head's end and after an error none matters.
  void add(char c);
  /// What is wrong so far, with its line; empty if nothing is. No error is in a head's last byte.
  const std::string& error() const { return error_; }

 private:
  void add_to_field(char c);
  void add_to_name(char c);
  void add_to_value(char c);
  void refuse(const char* what);

  std::string error_, name_;  // the name in lower case
  std::int64_t line_ = 1;
  char previous_ = '\n';
  bool is_in_name_ = true, is_whole_ = false;
};

}  // namespace credence
