#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace credence {

/// A protocol buffer message that is written field by field. The few kinds of fields that event
/// files need are fifty lines; code made by protoc would put a compiler and a library between every
/// build, and every user of the installed library, and these.
///
/// Source  https://protobuf.dev/programming-guides/encoding
class WireMessage {
 public:
  WireMessage& add_integer(int field, std::int64_t value);
  WireMessage& add_double(int field, double value);
  WireMessage& add_float(int field, float value);
  WireMessage& add_text(int field, std::string_view text);
  WireMessage& add_message(int field, const WireMessage& message);
  /// A packed repeated field.
  WireMessage& add_doubles(int field, std::span<const double> values);

  const std::string& bytes() const { return bytes_; }

 private:
  void add_varint(std::uint64_t value);
  void add_tag(int field, int wire_type);

  std::string bytes_;
};

/// Appends the bytes of a number, the least significant one first.
template <class T>
void append_little_endian(std::string& bytes, T number) {
  static_assert(std::is_unsigned_v<T>);
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bytes += static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
}

}  // namespace credence
