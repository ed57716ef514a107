#include "credence/data/inputs.h"

#include <cstring>
#include <numeric>

#include "support/errors.h"
#include "support/gzip.h"
#include "support/idx_bytes.h"
#include "support/temporary_folder.h"
#include "support/zip_bytes.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
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

}  // namespace
}  // namespace credence
