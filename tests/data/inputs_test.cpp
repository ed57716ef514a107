#include "credence/data/inputs.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "support/errors.h"
#include "support/gzip.h"
#include "support/idx_bytes.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include "support/zip_bytes.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::FloatNear;
using testing::gzip;
using ::testing::HasSubstr;
using testing::idx_bytes;
using testing::message_of;
using testing::npy_bytes;
using ::testing::Pointwise;

std::string array_bytes(const std::string& descr, const std::string& shape,
                        const std::string& elements) {
  return npy_bytes("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + "}\n",
                   elements);
}

template <class T>
std::string raw(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// Examples [n, columns] whose elements are those values.
InMemoryDataset rows(std::int64_t columns, const std::vector<float>& values) {
  const auto count = static_cast<std::int64_t>(values.size()) / columns;
  Tensor src({count, columns});
  std::ranges::copy(values, src.data<float>());
  return {"rows", src, Tensor({count, 1}), {}};
}

InMemoryDataset images() {
  return {"images", Tensor({1, 2, 2, 1}, DType::uint8), Tensor({1, 1}), {.classes = 2}};
}

std::vector<float> all_of(const Dataset& data) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(data.size()));
  std::iota(indices.begin(), indices.end(), 0);
  Tensor src(data.src_shape().prepend(data.size())),
      target(data.target_shape().prepend(data.size()));
  data.read(indices, 0, src, target);
  const auto values = src.span<float>();
  return {values.begin(), values.end()};
}

class Inputs : public ::testing::Test {
 protected:
  std::vector<float> read(const std::string& bytes, const Dataset& like) {
    return all_of(*read_inputs(folder_.write("given", bytes), like));
  }
  std::string error_of(const std::string& bytes, const Dataset& like) {
    return message_of<DataError>([&] { read(bytes, like); });
  }

  testing::TemporaryFolder folder_;
  InMemoryDataset two_columns_ = rows(2, {1, 2, 3, 4});
};

TEST_F(Inputs, AreToldByTheirFirstBytesWhateverTheirName) {
  const std::string bytes("\0\x33\x66\xff", 4);
  const std::vector<float> expected{0, 0.2F, 0.4F, 1};
  const std::string npy = array_bytes("|u1", "(1, 2, 2)", bytes);
  testing::write_zip(folder_ / "archive", {{"x.npy", npy}});
  EXPECT_THAT(read(npy, images()), Pointwise(FloatNear(1e-6F), expected));
  EXPECT_THAT(read(idx_bytes({1, 2, 2}, bytes), images()), Pointwise(FloatNear(1e-6F), expected));
  EXPECT_THAT(read(gzip(idx_bytes({1, 2, 2}, bytes)), images()),
              Pointwise(FloatNear(1e-6F), expected));
  EXPECT_THAT(all_of(*read_inputs(folder_ / "archive", images())),
              Pointwise(FloatNear(1e-6F), expected));
  EXPECT_THAT(read(array_bytes("<f8", "(2, 2)", raw<double>({1, 2, 3, 4})), two_columns_),
              ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(read("1,2\n3,4\n", two_columns_), ElementsAre(1, 2, 3, 4));
}

TEST_F(Inputs, OfAnUnknownFormatNameThoseThatAreRead) {
  for (const std::string bytes : {"\x89PNG\r\n\x1a\n\1\2", ""})
    EXPECT_THAT(error_of(bytes, two_columns_),
                AllOf(HasSubstr("given: "), HasSubstr(".npz, .npy, IDX"), HasSubstr("CSV")));
}

TEST_F(Inputs, WithoutAnExampleAreRefused) {
  EXPECT_THAT(error_of(array_bytes("<f4", "(0, 2)", ""), two_columns_), HasSubstr("got none"));
  EXPECT_THAT(error_of("a,b\n", two_columns_), HasSubstr("got none"));
}

TEST_F(Inputs, OfAnotherShapeAreRefused) {
  EXPECT_THAT(error_of("1,2,3\n", two_columns_), AllOf(HasSubstr("[2]"), HasSubstr("[1, 3]")));
  EXPECT_THAT(error_of("1,2,3,4\n", images()), HasSubstr("[2, 2, 1]"));
}

TEST_F(Inputs, ShowTheShapeOfTheFile) {
  EXPECT_THAT(error_of(array_bytes("|u1", "(2, 2)", "1234"), images()),
              EndsWith("got an array [2, 2]; one example? expected [n, 2, 2, 1]"));
  EXPECT_THAT(error_of(array_bytes("|u1", "(2, 2, 1)", "1234"), images()),
              EndsWith("got an array [2, 2, 1]; one example? expected [n, 2, 2, 1]"));
  EXPECT_THAT(error_of(array_bytes("|u1", "(1, 2, 3)", "123456"), images()),
              EndsWith("got an array [1, 2, 3]"));
  EXPECT_THAT(error_of(array_bytes("<f4", "(2,)", raw<float>({1, 2})), two_columns_),
              EndsWith("got an array [2]; one example? expected [n, 2]"));
}

TEST_F(Inputs, ThatAreNotFiniteAreRefused) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (const auto& [value, text] :
       {std::pair(nan, "got nan"), {-inf, "got -inf"}, {1e300, "in float32, got 1e+300"}})
    EXPECT_THAT(error_of(array_bytes("<f8", "(2, 2)", raw<double>({1, 2, 3, value})), two_columns_),
                AllOf(HasSubstr("given[1][1]: expected a finite number"), EndsWith(text)));
  testing::write_zip(folder_ / "archive",
                     {{"x.npy", array_bytes("<f4", "(1, 2)", raw<float>({std::nanf(""), 2}))}});
  EXPECT_THAT(message_of<DataError>([&] { read_inputs(folder_ / "archive", two_columns_); }),
              HasSubstr("archive[0][0]: expected a finite number, got nan"));
}

TEST_F(Inputs, ThatAreNotFiniteAreNamedByTheAxesOfTheFile) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::string values = raw<double>({0, 0, 0, 0, 0, 0, inf, 0});
  for (const char* shape : {"(2, 2, 2)", "(2, 2, 2, 1)"})
    EXPECT_THAT(error_of(array_bytes("<f8", shape, values), images()),
                HasSubstr(std::string(shape).size() > 9 ? "given[1][1][0][0]: expected"
                                                        : "given[1][1][0]: expected"));
}

TEST_F(Inputs, BeyondFloat32AreToldInTheirOwnUnits) {
  InMemoryDataset standardised = rows(2, {-1, 0, 1, 0});
  standardised.set_src_units({{.scale = 1e-30, .shift = 0}, {.scale = 1e-30, .shift = 2}});
  EXPECT_THAT(error_of("1,1e20\n", standardised),
              EndsWith("given[0][1]: expected a finite number in float32, got 1e+20"));
}

TEST_F(Inputs, OfBytesAreThoseOfTrainingToTheBit) {
  Tensor bytes({256, 1}, DType::uint8);
  std::iota(bytes.data<std::uint8_t>(), bytes.data<std::uint8_t>() + 256, std::uint8_t{0});
  const InMemoryDataset training("bytes", bytes, Tensor({256, 1}), {});
  const std::vector<float> expected = all_of(training);
  EXPECT_EQ(all_of(*inputs_of(bytes, "bytes", training)), expected);
  const std::string elements(reinterpret_cast<const char*>(bytes.raw()), 256);
  EXPECT_EQ(read(array_bytes("|u1", "(256, 1)", elements), training), expected);
}

TEST_F(Inputs, AreMatchedByTheNamesOfTheirColumns) {
  InMemoryDataset named = rows(2, {1, 2, 3, 4});
  named.set_src_labels({"width", "height"});
  EXPECT_THAT(read("width,height\n1,2\n3,4\n", named), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(read("height,width\n1,2\n3,4\n", named), ElementsAre(2, 1, 4, 3));
  EXPECT_THAT(read("1,2\n", named), ElementsAre(1, 2));
  EXPECT_THAT(read("a,b\n1,2\n", two_columns_), ElementsAre(1, 2));
  EXPECT_THAT(error_of("width,length\n1,2\n", named),
              EndsWith("expected the columns of training, width, height, got width, length"));
  EXPECT_THAT(error_of("width,height,area\n1,2,2\n", named),
              HasSubstr("expected the columns of training alone"));
  named.set_src_labels({"a", "a"});
  EXPECT_THAT(read("a,a\n1,2\n", named), ElementsAre(1, 2));
}

TEST_F(Inputs, ThatCannotBeReadSayWhy) {
  const auto read_path = [&](const std::filesystem::path& path) {
    read_inputs(path, two_columns_);
  };
  EXPECT_THAT(message_of<DataError>([&] { read_path(folder_.path()); }),
              EndsWith("expected a file, got the folder"));
  EXPECT_THAT(message_of<DataError>([&] { read_path(folder_ / "missing"); }),
              EndsWith("found none"));
  EXPECT_THAT(message_of<DataError>([&] { read_path("/dev/null"); }), HasSubstr("device"));
  EXPECT_THAT(message_of<IoError>([&] { read_path("/proc/self/mem"); }),
              HasSubstr("cannot read: Input/output error"));
  EXPECT_THAT(message_of<IoError>([&] { read_path(folder_ / std::string(300, 'x')); }),
              HasSubstr("cannot open: File name too long"));
}

TEST_F(Inputs, CutShortSaySo) {
  const std::string npy = array_bytes("<f4", "(1, 2)", raw<float>({1, 2}));
  testing::write_zip(folder_ / "archive", {{"x.npy", npy}});
  for (const std::string& whole : {npy, testing::read_text(folder_ / "archive")})
    for (const std::size_t bytes : {std::size_t{7}, std::size_t{9}, whole.size() - 1})
      EXPECT_THAT(error_of(whole.substr(0, bytes), two_columns_), HasSubstr("cut short")) << bytes;
}

TEST_F(Inputs, AreStandardisedAsTheTrainingExamplesWere) {
  InMemoryDataset standardised = rows(2, {-1, 0, 1, 0});
  standardised.set_src_units({{.scale = 0.5, .shift = 2}, {.scale = 1, .shift = 100}});
  EXPECT_THAT(read("4,103\n2,100\n", standardised), ElementsAre(4, 3, 0, 0));
  EXPECT_THAT(read(array_bytes("|u1", "(1, 2)", "\4\x67"), standardised), ElementsAre(4, 3));
}

TEST_F(Inputs, OnTheScaleOfBytesAreWarnedOf) {
  InMemoryDataset known = rows(2, {0, 1, 0.5F, 0});
  const auto warning = [&](const std::string& text) {
    ::testing::internal::CaptureStderr();
    read(text, known);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(warning("0,255\n"), AllOf(HasSubstr("reach 255"), HasSubstr("divide by 255")));
  EXPECT_THAT(warning("0,1000\n"), HasSubstr("units"));
  EXPECT_EQ(warning("0,1\n"), "");
}

TEST_F(Inputs, AreWarnedOfWhicheverExampleIsOff) {
  const InMemoryDataset known = rows(1, {0, 1});
  const InputScale scale(known);
  std::vector<float> many(2500, 1);
  EXPECT_EQ(scale.warning(rows(1, many)), "");
  many.back() = -255;
  EXPECT_THAT(scale.warning(rows(1, many)), HasSubstr("inputs reach 255, those of training 1"));
  EXPECT_EQ(InputScale(rows(1, {0, 0})).warning(known), "");  // nothing is known
}

}  // namespace
}  // namespace credence
