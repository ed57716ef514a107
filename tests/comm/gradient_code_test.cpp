#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "credence/comm/bfloat16.h"
#include "credence/comm/int8.h"

namespace credence {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();
constexpr float denormal = 1e-42F;

std::vector<float> coded(const GradientCode& code, const std::vector<float>& values) {
  std::vector<std::uint8_t> bytes(code.bytes(values.size()));
  code.encode(values, bytes.data());
  std::vector<float> decoded(values.size(), -7);
  code.decode(bytes.data(), decoded);
  return decoded;
}

/// Of both signs, over many magnitudes.
std::vector<float> numbers(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(std::sin(1.0 + 7 * static_cast<double>(i)) *
                                   std::pow(10.0, static_cast<double>(i % 9) - 6));
  return values;
}

std::uint32_t bits(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

TEST(Bfloat16, RoundsToNearestTiesToEven) {
  const auto from = [](std::uint32_t pattern) { return std::bit_cast<float>(pattern); };
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> cases{
      {0x3f800000, 0x3f800000},   // 1
      {0x3f808000, 0x3f800000},   // halfway: to even
      {0x3f818000, 0x3f820000},   // the same, upwards
      {0x3f808001, 0x3f810000},   // beyond half
      {0x3f80ffff, 0x3f810000},   //
      {0x3fffffff, 0x40000000},   // into the exponent
      {0x00008001, 0x00010000},   // denormal
      {0x00000001, 0x00000000},   //
      {0x80000000, 0x80000000},   // -0
      {0x7f7f7fff, 0x7f7f0000},   // the greatest that does not overflow
      {0xff800000, 0xff800000}};  // -infinity
  for (const auto& [pattern, expected] : cases)
    EXPECT_EQ(bits(coded(Bfloat16Code(), {from(pattern)})[0]), expected) << std::hex << pattern;
}

TEST(Bfloat16, KeepsNaNsOfAnyBits) {
  for (const std::uint32_t pattern : {0x7f800001U, 0x7fffffffU, 0xff800001U, 0xffffffffU})
    EXPECT_TRUE(std::isnan(coded(Bfloat16Code(), {std::bit_cast<float>(pattern)})[0])) << pattern;
}

TEST(Bfloat16, LosesLessThanATwoHundredFiftySixth) {
  const std::vector<float> values = numbers(5000), decoded = coded(Bfloat16Code(), values);
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_LE(std::abs(decoded[i] - values[i]), std::ldexp(std::abs(values[i]), -8)) << values[i];
}

TEST(Bfloat16, TakesTwoBytes) {
  EXPECT_EQ(Bfloat16Code().bytes(1001), 2002);
}

TEST(Int8, TakesAByteAndAScaleForABlock) {
  const Int8Code code;
  EXPECT_EQ(code.bytes(0), 0);
  EXPECT_EQ(code.bytes(1), 5);
  EXPECT_EQ(code.bytes(256), 260);
  EXPECT_EQ(code.bytes(257), 265);
}

TEST(Int8, LosesAtMostHalfAStepOfTheBlock) {
  for (const std::size_t count : {1, 5, 255, 256, 257, 1000}) {
    const std::vector<float> values = numbers(count), decoded = coded(Int8Code(), values);
    for (std::size_t begin = 0; begin < count; begin += 256) {
      const std::size_t end = std::min<std::size_t>(begin + 256, count);
      float largest = 0;
      for (std::size_t i = begin; i < end; ++i) largest = std::max(largest, std::abs(values[i]));
      for (std::size_t i = begin; i < end; ++i)
        ASSERT_LE(std::abs(decoded[i] - values[i]), largest / 254 * 1.00001F)
            << i << " of " << count;
    }
  }
}

TEST(Int8, KeepsMultiplesOfTheStepAndRoundsHalvesToEven) {
  const std::vector<float> exact{127, -127, 0, 1, -1, 64, -63};
  EXPECT_EQ(coded(Int8Code(), exact), exact);
  EXPECT_EQ(coded(Int8Code(), {127, 0.5F, 1.5F, -0.5F, -1.5F, 2.5F}),
            (std::vector<float>{127, 0, 2, 0, -2, 2}));
}

TEST(Int8, GivesZeroForZerosAndWhatIsNearlyZero) {
  const std::vector<float> zeros(300);
  EXPECT_EQ(coded(Int8Code(), zeros), zeros);
  EXPECT_EQ(coded(Int8Code(), {denormal, -denormal, 0}), (std::vector<float>{0, 0, 0}));
}

TEST(Int8, KeepsWhatLiesBetweenDenormalsAndTheGreatest) {
  for (const float magnitude : {3e-36F, 1e-20F, 1e20F, 3e38F}) {
    const std::vector<float> decoded = coded(Int8Code(), {magnitude, -magnitude});
    EXPECT_NEAR(decoded[0] / magnitude, 1, 1e-6);
    EXPECT_NEAR(decoded[1] / magnitude, -1, 1e-6);
  }
}

TEST(Int8, TellsOfABlockThatIsNotFiniteAndOfNoOther) {
  for (const float bad : {infinity, -infinity, quiet_nan, -quiet_nan}) {
    std::vector<float> values(512, 1);
    values[300] = bad;
    const std::vector<float> decoded = coded(Int8Code(), values);
    for (std::size_t i = 0; i < 256; ++i) ASSERT_EQ(decoded[i], 1);
    for (std::size_t i = 256; i < 512; ++i) ASSERT_FALSE(std::isfinite(decoded[i])) << i;
  }
}

class Codes : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<GradientCode> code() const {
    if (std::string(GetParam()) == "bf16") return std::make_unique<Bfloat16Code>();
    return std::make_unique<Int8Code>();
  }
};

TEST_P(Codes, WriteBlocksAsIfAlone) {
  const std::size_t block = code()->block(), count = 3 * block + 1;
  const std::vector<float> values = numbers(count);
  std::vector<std::uint8_t> whole(code()->bytes(count)), cut(whole.size());
  code()->encode(values, whole.data());
  for (std::size_t begin = 0; begin < count; begin += block)
    code()->encode(std::span(values).subspan(begin, std::min(block, count - begin)),
                   cut.data() + code()->bytes(begin));
  EXPECT_EQ(cut, whole);
}

TEST_P(Codes, WriteWhatTheyReadTheSameAgain) {
  const std::vector<float> once = coded(*code(), numbers(1000));
  const std::vector<float> twice = coded(*code(), once);
  for (std::size_t i = 0; i < once.size(); ++i)
    ASSERT_NEAR(twice[i], once[i], 1e-6 * std::abs(once[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(All, Codes, ::testing::Values("bf16", "int8"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace credence
