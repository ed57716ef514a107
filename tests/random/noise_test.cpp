#include "credence/random/noise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include <Random123/philox.h>
#include <Random123/u01fixedpt.h>
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/random/philox.h"

namespace credence {
namespace {

using Block = std::array<std::uint32_t, 4>;

Block random123(Block counter, std::array<std::uint32_t, 2> key) {
  const auto words =
      r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {words[0], words[1], words[2], words[3]};
}

const NoiseKey key = noise_key(7, Stream::posterior, "conv1.weight");
const NoisePosition position{.step = 0x1234'89ab'cdefu, .example = 0xfedc'ba98u, .sample = 0xbeef};

/// Random123's words of block `block` of `position`, laid out by hand.
Block expected_block(std::uint32_t block) {
  return random123({block, 0xfedc'ba98u, 0x89ab'cdefu, 0xbeef'1234u}, key.words);
}

template <class T, class Fill>
std::vector<T> filled(std::size_t count, Fill fill, std::uint64_t first = 0) {
  std::vector<T> values(count);
  fill(std::span<T>(values), key, position, first);
  return values;
}

constexpr auto normal = [](auto dst, auto... rest) { fill_normal(dst, rest...); };
constexpr auto uniform = [](auto dst, auto... rest) { fill_uniform(dst, rest...); };
constexpr auto signs = [](auto dst, auto... rest) { fill_signs(dst, rest...); };

TEST(Philox, GivesThePublishedVectors) {
  // Random123 1.14, tests/kat_vectors, "philox4x32 10".
  struct Vector {
    Block counter;
    std::array<std::uint32_t, 2> vector_key;
    Block result;
  };
  const Vector vectors[] = {{{}, {}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
                            {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                             {0xffffffff, 0xffffffff},
                             {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
                            {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                             {0xa4093822, 0x299f31d0},
                             {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  for (const auto& [c, k, result] : vectors) {
    const PhiloxWords words = philox({c[0], c[1], c[2], c[3]}, k[0], k[1]);
    EXPECT_EQ((Block{words.a, words.b, words.c, words.d}), result);
    EXPECT_EQ(random123(c, k), result);
  }
}

TEST(Noise, KeyIsPhiloxOfStreamAndHashedName) {
  // FNV-1a of "foobar" and of "" as published by its authors.
  const std::uint64_t seed = 0x0123'4567'89ab'cdefu;
  const Block named = random123({3, 0xf739'67e8u, 0x8594'4171u, 0}, {0x89ab'cdefu, 0x0123'4567u});
  EXPECT_EQ(noise_key(seed, Stream::dropout, "foobar").words[0], named[0]);
  EXPECT_EQ(noise_key(seed, Stream::dropout, "foobar").words[1], named[1]);
  const Block nameless = random123({0, 0x8422'2325u, 0xcbf2'9ce4u, 0}, {1, 0});
  EXPECT_EQ(noise_key(1, Stream::init, "").words[0], nameless[0]);
  EXPECT_EQ(noise_key(1, Stream::init, "").words[1], nameless[1]);
}

TEST(Noise, UniformsAreRandom123sElementByElement) {
  const std::uint32_t first_block = 5;
  const std::vector<float> values = filled<float>(4099, uniform, 4 * first_block);
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const std::uint32_t word = expected_block(first_block + i / 4)[i % 4];
    ASSERT_EQ(values[i], u01fixedpt_open_open_32_float(word)) << "element " << i;
  }
}

TEST(Noise, SignsAreRandom123sBits) {
  const std::vector<float> values = filled<float>(5000, signs, 128 * 3);
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const std::uint32_t word = expected_block(3 + i / 128)[i % 128 / 32];
    ASSERT_EQ(values[i], (word >> i % 32 & 1u) != 0 ? -1.0f : 1.0f) << "element " << i;
  }
}

TEST(Noise, BitsAreRandom123sWords) {
  for (std::uint32_t i = 0; i < 100; ++i) {
    const Block words = expected_block(i / 2);
    const std::uint64_t low = words[2 * (i % 2)], high = words[2 * (i % 2) + 1];
    EXPECT_EQ(draw_bits(key, position, i), high << 32 | low);
  }
}

/// Box-Muller in double over Random123's words.
double exact_normal(std::uint32_t element) {
  const Block words = expected_block(element / 4);
  const std::uint32_t angle = words[element % 4 / 2 * 2], radius = words[element % 4 / 2 * 2 + 1];
  // u is rounded to float by definition: near 1 its spacing is 2^-24.
  const float u = static_cast<float>(radius) * 0x1p-32f + 0x1p-33f;
  const double r = std::sqrt(-2.0 * std::log(double{u}));
  const double turn = std::numbers::pi * std::ldexp(static_cast<double>(angle), -31);
  return r * (element % 2 == 0 ? std::sin(turn) : std::cos(turn));
}

TEST(Noise, NormalsAreBoxMullerWithinFourUlp) {
  const std::uint32_t count = 300'000;
  const std::vector<float> values = filled<float>(count, normal);
  double worst = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const double exact = exact_normal(i);
    // Below 1e-6 it is the reference's angle that is not exact.
    const double ulp = std::ldexp(1.0, std::ilogb(std::max(std::fabs(exact), 1e-6)) - 23);
    worst = std::max(worst, std::fabs(values[i] - exact) / ulp);
  }
  EXPECT_LT(worst, 4.0);
  EXPECT_GT(worst, 0.5) << "float cannot be better than that";
}

TEST(Noise, KeepsItsNumbers) {
  // A change here changes every trained network. All compilers and vector widths give this.
  std::uint64_t hash = 0;
  for (const float v : filled<float>(100'001, normal))
    hash = hash * 0x100000001b3u + std::bit_cast<std::uint32_t>(v);
  EXPECT_EQ(hash, 13225556595785035630u);
}

template <class Fill>
void expect_independent_of_length(Fill fill, std::uint64_t multiple) {
  const std::vector<float> whole = filled<float>(6000, fill);
  for (std::size_t count : {0, 1, 2, 3, 4, 5, 31, 127, 128, 129, 511, 512, 513, 2047, 2048, 2049}) {
    for (const std::uint64_t first : {multiple * 0, multiple * 1, multiple * 7}) {
      // One element more than is filled, to see that it is left alone.
      std::vector<float> part(count + 1, 17.0f);
      fill(std::span<float>(part).first(count), key, position, first);
      ASSERT_EQ(part[count], 17.0f);
      part.pop_back();
      const auto from = whole.begin() + static_cast<std::ptrdiff_t>(first);
      ASSERT_TRUE(std::equal(part.begin(), part.end(), from)) << count << " from " << first;
    }
  }
}

TEST(Noise, DoesNotDependOnTheLengthOfTheSpan) {
  expect_independent_of_length(normal, 4);
  expect_independent_of_length(uniform, 4);
  expect_independent_of_length(signs, 128);
}

TEST(Noise, DoublesAreTheFloatsWidened) {
  const auto same = [](auto fill) {
    const std::vector<float> narrow = filled<float>(1001, fill);
    const std::vector<double> wide = filled<double>(1001, fill);
    return std::equal(narrow.begin(), narrow.end(), wide.begin(), wide.end());
  };
  EXPECT_TRUE(same(normal));
  EXPECT_TRUE(same(uniform));
  EXPECT_TRUE(same(signs));
}

TEST(Noise, RefusesWhatTheCounterCannotHold) {
  std::vector<float> v(8);
  EXPECT_THROW(fill_normal(std::span(v), key, {}, 2), InternalError);
  EXPECT_THROW(fill_signs(std::span(v), key, {}, 4), InternalError);
  EXPECT_THROW(fill_normal(std::span(v), key, {.step = std::uint64_t{1} << 48}), InternalError);
  EXPECT_THROW(fill_normal(std::span(v), key, {.sample = 1u << 16}), InternalError);
  EXPECT_THROW(fill_normal(std::span(v), key, {}, (std::uint64_t{1} << 34) - 4), InternalError);
  EXPECT_NO_THROW(fill_normal(std::span(v), key, {}, (std::uint64_t{1} << 34) - 8));
  EXPECT_THROW(draw_bits(key, {}, std::uint64_t{1} << 33), InternalError);
}

}  // namespace
}  // namespace credence
