#include "credence/records/wire_message.h"

#include <bit>

namespace credence {
namespace {

constexpr int varint = 0, eight_bytes = 1, length_delimited = 2, four_bytes = 5;

}  // namespace

void WireMessage::add_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(0x80 | (value & 0x7F));
  bytes_ += static_cast<char>(value);
}

void WireMessage::add_tag(int field, int wire_type) {
  add_varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(wire_type));
}

WireMessage& WireMessage::add_integer(int field, std::int64_t value) {
  add_tag(field, varint);
  add_varint(static_cast<std::uint64_t>(value));
  return *this;
}

WireMessage& WireMessage::add_double(int field, double value) {
  add_tag(field, eight_bytes);
  append_little_endian(bytes_, std::bit_cast<std::uint64_t>(value));
  return *this;
}

WireMessage& WireMessage::add_float(int field, float value) {
  add_tag(field, four_bytes);
  append_little_endian(bytes_, std::bit_cast<std::uint32_t>(value));
  return *this;
}

WireMessage& WireMessage::add_text(int field, std::string_view text) {
  add_tag(field, length_delimited);
  add_varint(text.size());
  bytes_ += text;
  return *this;
}

WireMessage& WireMessage::add_message(int field, const WireMessage& message) {
  return add_text(field, message.bytes());
}

WireMessage& WireMessage::add_doubles(int field, std::span<const double> values) {
  std::string packed;
  for (const double value : values)
    append_little_endian(packed, std::bit_cast<std::uint64_t>(value));
  return add_text(field, packed);
}

}  // namespace credence
