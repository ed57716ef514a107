#include "credence/data/idx.h"

#include "support/gzip.h"
#include "support/idx_bytes.h"
#include "support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using testing::gzip;
using ::testing::HasSubstr;
using testing::idx_bytes;
using ::testing::ThrowsMessage;

class Idx : public ::testing::Test {
 protected:
  Tensor read(std::string_view bytes, int rank = 3) {
    return read_idx(folder_.write("file-idx", bytes), rank);
  }
  /// Reads the bytes and expects a DataError with the file's name and this.
  template <class Matcher>
  void expect_error(const std::string& bytes, Matcher message, int rank = 3) {
    EXPECT_THAT([&] { read(bytes, rank); },
                ThrowsMessage<DataError>(AllOf(HasSubstr("file-idx"), message)));
  }

  testing::TemporaryFolder folder_;
  const std::string elements_ = std::string("\0\1\2\3\xff\5\6\7\x8\x9\xa\xb", 12);
  const std::string good_ = idx_bytes({2, 3, 2}, elements_);
};

TEST_F(Idx, ReadsPlainAndPackedAlike) {
  const std::string half(good_, 0, 15);
  for (const std::string& bytes :
       {good_, gzip(good_), gzip(good_, 0), gzip(half) + gzip(good_.substr(15))}) {
    const Tensor tensor = read(bytes);
    EXPECT_EQ(tensor.shape(), (Shape{2, 3, 2}));
    EXPECT_EQ(tensor.data<std::uint8_t>()[4], 255);
    EXPECT_EQ(tensor.data<std::uint8_t>()[11], 11);
  }
}

TEST_F(Idx, ReadsEmptyFilesAndOtherRanks) {
  EXPECT_EQ(read(idx_bytes({0, 28, 28}, "")).shape(), (Shape{0, 28, 28}));
  EXPECT_EQ(read(idx_bytes({3}, "abc"), 1).shape(), (Shape{3}));
}

TEST_F(Idx, RefusesEveryPrefix) {
  for (std::size_t length = 0; length < good_.size(); ++length)
    expect_error(good_.substr(0, length), HasSubstr("cut short"));
}

TEST_F(Idx, RefusesEveryPrefixOfPackedFiles) {
  const std::string packed = gzip(good_);
  for (std::size_t length = 2; length < packed.size(); ++length)
    expect_error(packed.substr(0, length), HasSubstr("cut short"));
  expect_error(packed.substr(0, 1), HasSubstr("cut short"));
}

TEST_F(Idx, NeverReadsSomethingElseFromDamagedPackedFiles) {
  const std::string packed = gzip(good_);
  int refused = 0;
  for (std::size_t i = 0; i < packed.size(); ++i) {
    std::string damaged = packed;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    try {
      // Some bits say nothing: the time in the gzip header, the padding after the last block.
      const Tensor tensor = read(damaged);
      EXPECT_EQ(elements_, std::string(tensor.span<std::uint8_t>().begin(),
                                       tensor.span<std::uint8_t>().end()));
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GE(refused, static_cast<int>(packed.size()) - 8);
}

TEST_F(Idx, RefusesTooLongFiles) {
  expect_error(good_ + "x", HasSubstr("too long"));
  expect_error(gzip(good_ + "x"), HasSubstr("too long"));
  expect_error(gzip(good_) + "xyz", HasSubstr("3 bytes too long"));
}

TEST_F(Idx, RefusesOtherMagicNumbers) {
  expect_error(idx_bytes({2, 3, 2}, elements_, 0x0d),
               HasSubstr("expected magic number 0x00000803 (IDX, bytes, 3 axes), got 0x00000d03"));
  expect_error(idx_bytes({12}, elements_), HasSubstr("an IDX file of 1 axes"));
  expect_error(good_, HasSubstr("expected magic number 0x00000801"), 1);
  expect_error("<!DOCTYPE html><html>", HasSubstr("this is no IDX file"));
  expect_error(gzip("<!DOCTYPE html><html>"), HasSubstr("this is no IDX file"));
}

TEST_F(Idx, TakesNoMemoryForWhatCannotBeThere) {
  constexpr std::uint32_t huge = 1u << 31, all = 0xffffffffu;
  for (const std::string& bytes :
       {idx_bytes({huge, huge, 1}, elements_), idx_bytes({huge, huge, huge}, elements_),
        idx_bytes({all, all, all}, elements_), idx_bytes({huge, 2, 0xffffffffu}, elements_),
        idx_bytes({2, 3, huge}, elements_), idx_bytes({1, 1, 1'000'000'000}, elements_)}) {
    expect_error(bytes, HasSubstr("cut short: its header announces ["));
    expect_error(gzip(bytes), HasSubstr("but the file holds at most"));
  }
  // 2^31 * 2^31 * 4 is 0 in 64 bits.
  expect_error(idx_bytes({huge, huge, 4}, ""), HasSubstr("holds at most 0"));
  expect_error(idx_bytes({0, all, all}, ""), HasSubstr("cut short"));
}

TEST_F(Idx, StopsUnpackingWhereTheHeaderEnds) {
  // 64 MiB of zeros behind a header that announces 12 bytes.
  expect_error(gzip(idx_bytes({2, 3, 2}, std::string(64 << 20, '\0'))), HasSubstr("too long"));
}

TEST_F(Idx, NamesAMissingFile) {
  EXPECT_THAT([&] { read_idx(folder_ / "nowhere", 3); },
              ThrowsMessage<IoError>(HasSubstr("nowhere")));
}

}  // namespace
}  // namespace credence
