#include "credence/serve/http_head_syntax.h"

#include <string_view>

#include "credence/base/errors.h"

namespace credence {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Of which names consist: RFC 9110, 5.6.2.
bool is_token(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  const char letter = lower(c);
  return is_digit(c) || (letter >= 'a' && letter <= 'z') ||
         others.find(c) != std::string_view::npos;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

}  // namespace

void HttpHeadSyntax::refuse(const char* what) {
  error_ = concat("line ", line_, " of the head: ", what);
}

void HttpHeadSyntax::add(char c) {
  if (is_whole_ || !error_.empty()) return;
  if (c == '\n' && previous_ != '\r')
    refuse("expected CR LF at its end, got LF alone");
  else if (c != '\n' && line_ > 1)
    add_to_field(c);
  previous_ = c;
  if (c != '\n' || !error_.empty()) return;
  is_whole_ = line_ > 1 && name_.empty();
  ++line_;
  name_.clear();
  is_in_name_ = true;
}

void HttpHeadSyntax::add_to_field(char c) {
  if (previous_ == '\r')
    refuse("expected CR LF at its end, got CR alone");
  else if (is_in_name_)
    add_to_name(c);
  else if (c != '\r')
    add_to_value(c);
}

void HttpHeadSyntax::add_to_name(char c) {
  if (is_token(c))
    name_ += lower(c);
  else if (c == ':' && !name_.empty())
    is_in_name_ = false;
  else if (c != '\r' || !name_.empty())
    refuse("expected a name and a colon");
}

void HttpHeadSyntax::add_to_value(char c) {
  const bool is_blank = c == ' ' || c == '\t';
  if (is_control(c) && !is_blank)
    refuse("expected text, got a control character");
  else if (name_ == "content-length" && !is_digit(c) && !is_blank)
    refuse("Content-Length: expected a number of bytes, got another text");
  else if (name_ == "transfer-encoding" && c == '%')
    refuse("Transfer-Encoding: expected chunked, got another");
}

}  // namespace credence
