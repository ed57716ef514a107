#include "credence/base/utf8.h"

namespace credence {
namespace {

/// Whether three or four bytes are one of the 66 codes that Unicode keeps for no character at all.
bool is_noncharacter(std::string_view bytes) {
  unsigned code = static_cast<unsigned char>(bytes[0]) & (bytes.size() == 3 ? 0x0f : 0x07);
  for (const char byte : bytes.substr(1))
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3f);
  return (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
}

/// Bytes of the character at the front, 0 if it is none. After table 3-7 of the Unicode standard.
std::size_t character_length(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x20) return lead == '\t' || lead == '\n' || lead == '\r';
  if (lead < 0x80) return lead != 0x7f;
  const std::size_t length = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) > 0x9f;
  const bool too_large = lead == 0xf4 && byte(1) > 0x8f;
  if (overlong || surrogate || too_large) return 0;
  return length >= 3 && is_noncharacter(bytes.substr(0, length)) ? 0 : length;
}

}  // namespace

std::size_t text_prefix(std::string_view bytes) {
  std::size_t offset = 0;
  while (offset < bytes.size()) {
    const std::size_t length = character_length(bytes.substr(offset));
    if (length == 0) break;
    offset += length;
  }
  return offset;
}

}  // namespace credence
