#include "credence/data/npy.h"

#include "support/zip_bytes.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::npy_bytes;
using ::testing::ThrowsMessage;

const std::string usual = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n";

void expect_error(const std::string& bytes, const std::string& message) {
  EXPECT_THAT([&] { parse_npy_header(bytes, "array x"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("array x"), HasSubstr(message))))
      << bytes;
}

std::string with_shape(const std::string& shape) {
  return npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + "}\n", "");
}

TEST(Npy, ParsesAllVersions) {
  for (int major : {1, 2, 3}) {
    const NpyHeader header = parse_npy_header(npy_bytes(usual, "abcdefgh", major), "x");
    EXPECT_EQ(header.type, NpyType::float32);
    EXPECT_EQ(header.shape, (Shape{2, 3}));
    EXPECT_EQ(header.header_bytes, usual.size() + (major == 1 ? 10 : 12));
  }
}

TEST(Npy, ParsesWhatOthersWrite) {
  const NpyHeader header = parse_npy_header(
      npy_bytes("{ \"shape\":(7,),'fortran_order' :False,'descr':\"|b1\"}", ""), "x");
  EXPECT_EQ(header.type, NpyType::boolean);
  EXPECT_EQ(header.shape, (Shape{7}));
  EXPECT_EQ(parse_npy_header(with_shape("()"), "x").shape, Shape());
  EXPECT_EQ(parse_npy_header(with_shape("(1, 2, 3, 4, 5, 6)"), "x").shape.rank(), 6);
  EXPECT_EQ(parse_npy_header(with_shape("(0, 5)"), "x").shape, (Shape{0, 5}));
}

TEST(Npy, ReadsBackItsOwnHeaders) {
  for (const Shape& shape : {Shape(), Shape{5}, Shape{3, 0, 2}, Shape{1, 2, 3, 4, 5, 6}}) {
    const std::string bytes = npy_header(Tensor(shape, DType::float64));
    const NpyHeader header = parse_npy_header(bytes, "x");
    EXPECT_EQ(header.type, NpyType::float64);
    EXPECT_EQ(header.shape, shape);
    EXPECT_EQ(header.header_bytes, bytes.size());
    EXPECT_EQ(bytes.size() % 64, 0u);
  }
  EXPECT_EQ(parse_npy_header(npy_header(Tensor({2}, DType::uint8)), "x").type, NpyType::uint8);
  EXPECT_EQ(parse_npy_header(npy_header(Tensor({2})), "x").type, NpyType::float32);
  EXPECT_THROW(npy_header(Tensor({2}, DType::bf16)), InternalError);
}

TEST(Npy, RefusesEveryPrefix) {
  for (int major : {1, 2}) {
    const std::string bytes = npy_bytes(usual, "", major);
    for (std::size_t length = 0; length < bytes.size(); ++length)
      EXPECT_THROW(parse_npy_header(bytes.substr(0, length), "x"), DataError) << length;
  }
  // The same, with a length that fits: a dictionary that ends early.
  for (std::size_t length = 0; length < usual.find('}') + 1; ++length)
    EXPECT_THROW(parse_npy_header(npy_bytes(usual.substr(0, length), ""), "x"), DataError);
}

TEST(Npy, RefusesTypesAndOrdersItCannotRead) {
  const auto with_type = [](const std::string& descr) {
    return npy_bytes("{'descr': " + descr + ", 'fortran_order': False, 'shape': (2,)}", "");
  };
  for (const char* descr : {"'>f4'", "'<f2'", "'<c8'", "'|O'", "'<U5'", "''"})
    expect_error(with_type(descr), "expected elements of type |u1, |b1, <i4, <i8, <f4 or <f8");
  expect_error(with_type("[('a', '<f4')]"), "got a record");
  expect_error(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", ""),
               "expected C order, got Fortran order");
}

TEST(Npy, RefusesOddHeaders) {
  expect_error("PK\3\4 something else", "begins with");
  expect_error(npy_bytes(usual, "", 4), "got 4.0");
  expect_error(npy_bytes(usual + "x", ""), "header's end");
  expect_error(npy_bytes("{'descr': '<f4', 'shape': (2,)}", ""), "fortran_order");
  expect_error(npy_bytes("{'descr': '<f4', 'descr': '<f4'}", ""), "\"descr\" again");
  expect_error(npy_bytes("{'descr': '<f4', 'extra': 3}", ""), "got key \"extra\"");
  expect_error(npy_bytes("{'descr': '<f4', 'fortran_order': 1, 'shape': ()}", ""), "True or False");
  std::string huge_length = npy_bytes(usual, "", 2);
  huge_length[11] = '\x7f';
  expect_error(huge_length, "at most 65536 bytes");
}

TEST(Npy, RefusesOddShapes) {
  for (const char* shape : {"(2)", "(-1,)", "(2,,3)", "(2 3)", "2", "[2]", "(2.0,)", "(0x2,)",
                            "(,)", "(2L,)", "(99999999999999999999,)", "(1,1,1,1,1,1,1)"})
    expect_error(with_shape(shape), "not a .npy header");
  for (const char* shape : {"(9000000000000000,9000000000000000)", "(4294967296,4294967296)",
                            "(0,9000000000000000,9000000000000000)", "(0,1000000000000000000)",
                            "(800000000000000000,)"})
    expect_error(with_shape(shape), "less than 2^59 elements");
}

}  // namespace
}  // namespace credence
