#include "credence/data/npz.h"

#include <cstring>
#include <numeric>

#include "support/python.h"
#include "support/temporary_folder.h"
#include "support/zip_bytes.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::npy_bytes;
using ::testing::ThrowsMessage;
using testing::write_zip;

std::string dictionary(const std::string& descr, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

template <class T>
std::string raw(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

class Npz : public ::testing::Test {
 protected:
  Tensor read_only(const std::string& npy) {
    write_zip(file_, {{"x.npy", npy}});
    return NpzFile(file_).read("x");
  }
  void expect_error(const std::string& npy, const std::string& message) {
    EXPECT_THAT([&] { read_only(npy); }, ThrowsMessage<DataError>(AllOf(
                                             HasSubstr("a.npz: array \"x\""), HasSubstr(message))));
  }

  /// Larger than the 64 KiB that are read for the header.
  static std::vector<NamedTensor> three_arrays() {
    Tensor reals({7, 5000}), doubles({2, 1, 3}, DType::float64), bytes({4}, DType::uint8);
    for (int i = 0; i < 35000; ++i) reals.data<float>()[i] = 0.5f * static_cast<float>(i);
    for (int i = 0; i < 6; ++i) doubles.data<double>()[i] = 1.0 / (i + 1);
    for (int i = 0; i < 4; ++i) bytes.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(252 + i);
    return {{"reals", reals}, {"doubles", doubles}, {"bytes", bytes}};
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "a.npz";
};

TEST_F(Npz, ReadsBackWhatItWrote) {
  const std::vector<NamedTensor> arrays = three_arrays();
  for (const bool compress : {false, true}) {
    write_npz(file_, arrays, {.compress = compress});
    const NpzFile file(file_);
    EXPECT_THAT(file.names(), ElementsAre("reals", "doubles", "bytes"));
    for (const NamedTensor& expected : arrays) {
      const Tensor tensor = file.read(expected.name);
      EXPECT_EQ(tensor.shape(), expected.tensor.shape());
      ASSERT_EQ(tensor.dtype(), expected.tensor.dtype());
      EXPECT_EQ(std::memcmp(tensor.raw(), expected.tensor.raw(), tensor.bytes()), 0);
    }
  }
  EXPECT_THAT(folder_.names(), ElementsAre("a.npz"));
}

TEST_F(Npz, CompressesAndRepeatsItself) {
  write_npz(file_, {{"zeros", Tensor({10000})}});
  const std::string plain = read_file(file_);
  write_npz(file_, {{"zeros", Tensor({10000})}});
  EXPECT_EQ(read_file(file_), plain);
  write_npz(file_, {{"zeros", Tensor({10000})}}, {.compress = true});
  EXPECT_LT(read_file(file_).size(), plain.size() / 10);
}

TEST_F(Npz, KeepsEmptyArraysAndArchives) {
  write_npz(file_, {{"none", Tensor({0, 3})}, {"one", Tensor(Shape{})}});
  EXPECT_EQ(NpzFile(file_).read("none").shape(), (Shape{0, 3}));
  EXPECT_EQ(NpzFile(file_).read("one").shape(), Shape());
  write_npz(file_, {});
  EXPECT_THAT(NpzFile(file_).names(), IsEmpty());
}

TEST_F(Npz, IsReadByNumPy) {
  const std::string python = testing::python_with("numpy");
  if (python.empty()) GTEST_SKIP() << "no Python with NumPy";
  folder_.write("check.py", R"(
import sys, numpy as np
for compress in ("0", "1"):
    data = np.load(sys.argv[1] + compress, allow_pickle=False)
    assert sorted(data) == ["bytes", "doubles", "reals"], sorted(data)
    assert data["reals"].dtype == np.float32 and data["reals"].shape == (7, 5000)
    assert (data["reals"].ravel() == np.arange(35000) * np.float32(0.5)).all()
    assert (data["doubles"] == (1.0 / np.arange(1, 7)).reshape(2, 1, 3)).all()
    assert data["bytes"].dtype == np.uint8 and data["bytes"].tolist() == [252, 253, 254, 255]
)");
  write_npz(file_.string() + "0", three_arrays());
  write_npz(file_.string() + "1", three_arrays(), {.compress = true});
  const auto result =
      testing::run_command(python + " " + (folder_ / "check.py").string() + " " + file_.string());
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST_F(Npz, ReadsWhatNumPyWrites) {
  const std::string python = testing::python_with("numpy");
  if (python.empty()) GTEST_SKIP() << "no Python with NumPy";
  folder_.write("make.py", R"(
import sys, numpy as np
for name, save in (("0", np.savez), ("1", np.savez_compressed)):
    save(open(sys.argv[1] + name, "wb"), x=np.arange(6, dtype=np.float32).reshape(2, 3),
         i=np.array([-5, 2**40]), b=np.array([[True], [False]]), s=np.float64(2.5),
         f=np.asfortranarray(np.ones((2, 3))), o=np.float16([1]))
)");
  const auto result =
      testing::run_command(python + " " + (folder_ / "make.py").string() + " " + file_.string());
  ASSERT_EQ(result.status, 0) << result.output;
  for (const char* compress : {"0", "1"}) {
    const NpzFile file(file_.string() + compress);
    EXPECT_EQ(file.read("x").shape(), (Shape{2, 3}));
    EXPECT_EQ(file.read("x").data<float>()[5], 5.0f);
    EXPECT_EQ(file.read("i").data<double>()[0], -5.0);
    EXPECT_EQ(file.read("i").data<double>()[1], 1099511627776.0);
    EXPECT_EQ(file.read("b").data<std::uint8_t>()[0], 1);
    EXPECT_EQ(file.read("b").shape(), (Shape{2, 1}));
    EXPECT_EQ(file.read("s").data<double>()[0], 2.5);
    EXPECT_THROW(file.read("f"), DataError);
    EXPECT_THROW(file.read("o"), DataError);
  }
}

TEST_F(Npz, ConvertsIntegersExactlyOrNotAtAll) {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  const Tensor wide =
      read_only(npy_bytes(dictionary("<i8", "(3,)"), raw<std::int64_t>({-exact, -1, exact})));
  EXPECT_THAT(std::vector<double>(wide.span<double>().begin(), wide.span<double>().end()),
              ElementsAre(-9007199254740992.0, -1.0, 9007199254740992.0));
  const Tensor narrow =
      read_only(npy_bytes(dictionary("<i4", "(2,)"), raw<std::int32_t>({-7, 2147483647})));
  EXPECT_EQ(narrow.data<double>()[0], -7.0);
  EXPECT_EQ(narrow.data<double>()[1], 2147483647.0);
  expect_error(npy_bytes(dictionary("<i8", "(1,)"), raw<std::int64_t>({exact + 1})),
               "up to 2^53, got 9007199254740993");
  expect_error(npy_bytes(dictionary("|b1", "(2,)"), "\1\2"), "got byte 2");
}

TEST_F(Npz, RefusesHeadersThatDoNotFitTheElements) {
  expect_error(npy_bytes(dictionary("<f4", "(2,)"), "1234567"),
               "announces 8 bytes of elements, got 7");
  expect_error(npy_bytes(dictionary("<f4", "(2,)"), "123456789"), "got 9");
  expect_error(npy_bytes(dictionary("<f8", "(100000000000,)"), "12345678"), "800000000000 bytes");
}

TEST_F(Npz, RefusesEveryPrefixAndDamagedByte) {
  Tensor array({3}, DType::uint8);
  std::iota(array.data<std::uint8_t>(), array.data<std::uint8_t>() + 3, std::uint8_t{65});
  for (const bool compress : {false, true}) {
    write_npz(file_, {{"x", array}}, {.compress = compress});
    const std::string good = read_file(file_);
    for (std::size_t length = 0; length < good.size(); ++length)
      EXPECT_THROW(NpzFile(folder_.write("bad.npz", good.substr(0, length))).read("x"), DataError)
          << length;
    for (std::size_t i = 0; i < good.size(); ++i) {
      std::string damaged = good;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x04);
      try {  // some fields, such as the time, say nothing of the elements
        const Tensor tensor = NpzFile(folder_.write("bad.npz", damaged)).read("x");
        EXPECT_EQ(tensor.shape(), (Shape{3})) << i;
        EXPECT_EQ(std::memcmp(tensor.raw(), "ABC", 3), 0) << i;
      } catch (const DataError&) {
      }
    }
  }
}

TEST_F(Npz, ChecksTheCrc) {
  Tensor array({40000}, DType::uint8);
  array.fill('A');
  write_npz(file_, {{"x", array}});
  std::string bytes = read_file(file_);
  bytes[bytes.rfind("AAAA")] = 'B';
  folder_.write("a.npz", bytes);
  EXPECT_THAT([&] { NpzFile(file_).read("x"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("damaged"), HasSubstr("CRC"))));
}

TEST_F(Npz, TakesNoMemoryForWhatCannotBeThere) {
  write_zip(file_, {{"x.npy", npy_bytes(dictionary("|u1", "(3,)"), "ABC")}}, ZIP_CM_DEFLATE);
  std::string bytes = read_file(file_);
  const std::size_t local = bytes.find("PK\3\4"), central = bytes.find("PK\1\2");
  for (const std::size_t place : {local + 22, central + 24})
    bytes.replace(place, 4, "\xff\xff\xff\x7f");
  folder_.write("a.npz", bytes);
  EXPECT_THROW(NpzFile(file_).read("x"), DataError);
}

TEST_F(Npz, SaysWhatIsThereAndWhatIsNot) {
  write_npz(file_, {{"a", Tensor({1})}, {"b", Tensor({1})}});
  EXPECT_FALSE(NpzFile(file_).contains("x"));
  EXPECT_THAT(
      [&] { NpzFile(file_).read("x"); },
      ThrowsMessage<DataError>(HasSubstr("array \"x\": not in the file, which holds a, b")));
  EXPECT_THAT([&] { NpzFile(folder_ / "nowhere.npz"); },
              ThrowsMessage<IoError>(HasSubstr("nowhere.npz")));
  folder_.write("a.npz", "this is no archive");
  EXPECT_THAT([&] { NpzFile file(file_); },
              ThrowsMessage<DataError>(HasSubstr("a.npz: cannot read as .npz")));
}

TEST_F(Npz, WantsNamesThatDiffer) {
  EXPECT_THROW(write_npz(file_, {{"", Tensor({1})}}), UsageError);
  EXPECT_THROW(write_npz(file_, {{"a", Tensor({1})}, {"a", Tensor({1})}}), UsageError);
  EXPECT_THROW(write_npz(folder_ / "no" / "a.npz", {{"a", Tensor({1})}}), CreateError);
  EXPECT_THAT(folder_.names(), IsEmpty());
}

}  // namespace
}  // namespace credence
