#include "credence/data/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "credence/base/errors.h"
#include "credence/tensor/memory.h"

namespace credence {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are copied as they are");

constexpr std::string_view magic = "\x93NUMPY";

struct TypeName {
  std::string_view descr;
  NpyType type;
  std::size_t bytes;
};
constexpr std::array<TypeName, 6> types = {{{"|u1", NpyType::uint8, 1},
                                            {"|b1", NpyType::boolean, 1},
                                            {"<i4", NpyType::int32, 4},
                                            {"<i8", NpyType::int64, 8},
                                            {"<f4", NpyType::float32, 4},
                                            {"<f8", NpyType::float64, 8}}};

std::size_t little_endian(std::string_view bytes) {
  std::size_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

/// The header's Python dictionary, of which NumPy writes three keys in a fixed way and others may
/// write in any order.
class DictionaryParser {
 public:
  DictionaryParser(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  void parse(NpyHeader& header) {
    expect('{');
    bool descr = false, order = false, shape = false;
    while (!take('}')) {
      const std::string_view key = parse_string();
      expect(':');
      bool* seen = key == "descr" ? &descr : key == "fortran_order" ? &order : &shape;
      if (*seen || (seen == &shape && key != "shape"))
        fail(concat("a header with one each of descr, fortran_order and shape, got key \"", key,
                    *seen ? "\" again" : "\""));
      *seen = true;
      if (seen == &descr) header.type = parse_type();
      if (seen == &order) parse_order();
      if (seen == &shape) header.shape = parse_shape();
      if (!take(',') && peek() != '}') fail("',' or '}'");
    }
    skip_space();
    if (!descr || !order || !shape || position_ != text_.size())
      fail("descr, fortran_order and shape, and then the header's end");
  }

 private:
  NpyType parse_type() {
    if (peek() != '\'' && peek() != '"') fail("elements of one simple type, got a record");
    const std::string_view descr = parse_string();
    for (const TypeName& name : types)
      if (name.descr == descr) return name.type;
    throw DataError(
        concat(where_, ": expected elements of type |u1, |b1, <i4, <i8, <f4 or <f8, got ", descr));
  }

  void parse_order() {
    if (take_word("False")) return;
    require<DataError>(
        !take_word("True"), where_,
        ": expected C order, got Fortran order; save numpy.ascontiguousarray(array)");
    fail("True or False");
  }

  Shape parse_shape() {
    Shape shape;
    expect('(');
    while (!take(')')) {
      if (shape.rank() == Shape::max_rank) fail(concat("at most ", Shape::max_rank, " axes"));
      shape = shape.append(parse_extent());
      if (!take(',') && (peek() != ')' || shape.rank() == 1)) fail("',' or ')'");
    }
    return shape;
  }

  std::int64_t parse_extent() {
    skip_space();
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 10 - 1;
    std::int64_t extent = 0;
    const std::size_t begin = position_;
    for (; position_ < text_.size() && '0' <= text_[position_] && text_[position_] <= '9';
         ++position_) {
      if (extent > most) fail("an extent below 2^63");
      extent = 10 * extent + (text_[position_] - '0');
    }
    if (position_ == begin) fail("an extent");
    return extent;
  }

  std::string_view parse_string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string");
    const std::size_t begin = position_ + 1;
    const std::size_t end = text_.find(quote, begin);
    if (end == std::string_view::npos) fail("a string's end");
    position_ = end + 1;
    return text_.substr(begin, end - begin);
  }

  void skip_space() {
    position_ = std::min(text_.find_first_not_of(" \t\n", position_), text_.size());
  }
  char peek() {
    skip_space();
    return position_ < text_.size() ? text_[position_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++position_;
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!text_.substr(position_).starts_with(word)) return false;
    position_ += word.size();
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(concat("'", c, "'"));
  }
  [[noreturn]] void fail(const std::string& expected) const {
    throw DataError(concat(where_, ": not a .npy header: expected ", expected, ", at character ",
                           position_, " of the header"));
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t position_ = 0;
};

void check_size(const NpyHeader& header, std::string_view where) {
  require<DataError>(is_countable(header.shape), where, ": expected less than 2^59 elements, got ",
                     "shape ", header.shape);
}

}  // namespace

std::size_t bytes_of(NpyType type) {
  return std::ranges::find(types, type, &TypeName::type)->bytes;
}

NpyHeader parse_npy_header(std::string_view bytes, std::string_view where) {
  require<DataError>(bytes.substr(0, magic.size()) == magic.substr(0, bytes.size()), where,
                     ": expected a .npy array, which begins with \\x93NUMPY");
  require<DataError>(bytes.size() >= 8, where, ": cut short inside the .npy header");
  const int major = static_cast<unsigned char>(bytes[6]);
  const int minor = static_cast<unsigned char>(bytes[7]);
  require<DataError>(1 <= major && major <= 3 && minor == 0, where,
                     ": expected .npy version 1.0, 2.0 or 3.0, got ", major, ".", minor);
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t begin = 8 + length_bytes;
  require<DataError>(bytes.size() >= begin, where, ": cut short inside the .npy header");
  const std::size_t length = little_endian(bytes.substr(8, length_bytes));
  require<DataError>(length <= max_npy_header_bytes - begin, where,
                     ": expected a .npy header of at most ", max_npy_header_bytes, " bytes, got ",
                     length);
  require<DataError>(bytes.size() - begin >= length, where, ": cut short inside the .npy header");

  NpyHeader header;
  header.header_bytes = begin + length;
  DictionaryParser(bytes.substr(begin, length), where).parse(header);
  check_size(header, where);
  return header;
}

std::string npy_header(const Tensor& tensor) {
  require<InternalError>(tensor.dtype() != DType::bf16, "npy: cannot write bf16");
  const std::string_view descr = tensor.dtype() == DType::uint8     ? "|u1"
                                 : tensor.dtype() == DType::float32 ? "<f4"
                                                                    : "<f8";
  std::string dictionary = concat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (");
  for (int axis = 0; axis < tensor.shape().rank(); ++axis)
    dictionary += concat(axis > 0 ? " " : "", tensor.shape()[axis], ",");
  dictionary += "), }";
  // The elements begin at a multiple of 64 bytes, after a newline.
  constexpr std::size_t preamble = 10;
  const std::size_t end = (preamble + dictionary.size() + 1 + 63) / 64 * 64;
  dictionary.append(end - preamble - dictionary.size() - 1, ' ');
  dictionary += '\n';

  std::string header(magic);
  header.append({'\1', '\0', static_cast<char>(dictionary.size() & 0xff),
                 static_cast<char>(dictionary.size() >> 8)});
  return header + dictionary;
}

}  // namespace credence
