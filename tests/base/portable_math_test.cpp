#include "credence/base/portable_math.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace credence {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

/// |value - exact| in units in the last place of the float nearest to `exact`.
double ulps(float value, double exact) {
  const double size = std::max(std::fabs(exact), 0x1p-126);
  return std::fabs(value - exact) / std::ldexp(1.0, std::ilogb(size) - 23);
}

/// The largest error over every `stride`th float from `first` to `last`, of one sign.
template <class Function, class Exact>
double largest_error(float first, float last, std::uint32_t stride, Function f, Exact exact) {
  double worst = 0;
  const auto end = std::bit_cast<std::uint32_t>(last);
  for (auto bits = std::bit_cast<std::uint32_t>(first); bits <= end; bits += stride) {
    const auto x = std::bit_cast<float>(bits);
    worst = std::max(worst, ulps(f(x), exact(double{x})));
  }
  return worst;
}

constexpr auto log_float = [](float x) { return portable::log(x); };
constexpr auto exp_float = [](float x) { return portable::exp(x); };
constexpr auto log_double = [](double x) { return std::log(x); };
constexpr auto exp_double = [](double x) { return std::exp(x); };

TEST(PortableMath, LogIsWithinOneUlp) {
  EXPECT_LT(
      largest_error(0x1p-149f, std::numeric_limits<float>::max(), 4999, log_float, log_double),
      1.0);
  EXPECT_LT(largest_error(0.5f, 2.0f, 53, log_float, log_double), 1.0);
}

TEST(PortableMath, ExpIsWithinOneUlp) {
  EXPECT_LT(largest_error(0x1p-149f, 88.7f, 4999, exp_float, exp_double), 1.0);
  EXPECT_LT(largest_error(-0x1p-126f, -87.3f, 4999, exp_float, exp_double), 1.0);
  EXPECT_LT(largest_error(-87.3f, -103.9f, 53, exp_float, exp_double), 1.5) << "subnormal results";
}

TEST(PortableMath, Log1pIsWithinTwoUlpHoweverSmall) {
  const auto f = [](float x) { return portable::log1p_of_unit(x); };
  const auto exact = [](double x) { return std::log1p(x); };
  EXPECT_LT(largest_error(0x1p-126f, 1.0f, 1999, f, exact), 2.0);
}

TEST(PortableMath, SineAndCosineAreWithinThreeUlp) {
  double worst = 0;
  std::uint32_t turn = 0;
  for (int i = 0; i < 300'000; ++i, turn += 2654435761u) {
    const double angle = std::ldexp(static_cast<double>(turn), -31);  // in half turns
    const auto exact = [](double half_turns) {  // reduced to a quarter turn first
      const double quadrant = std::nearbyint(2 * half_turns);
      const double x = (half_turns - quadrant / 2) * 3.14159265358979323846;
      switch (static_cast<int>(quadrant) % 4) {
        case 0:
          return std::sin(x);
        case 1:
          return std::cos(x);
        case 2:
          return -std::sin(x);
        default:
          return -std::cos(x);
      }
    };
    const portable::SineCosine value = portable::sine_cosine(turn);
    worst =
        std::max({worst, ulps(value.sine, exact(angle)), ulps(value.cosine, exact(angle + 0.5))});
  }
  EXPECT_LT(worst, 3.0);
}

TEST(PortableMath, EdgesAreThoseOfLibm) {
  EXPECT_EQ(portable::log(0.0f), -infinity);
  EXPECT_EQ(portable::log(-0.0f), -infinity);
  EXPECT_EQ(portable::log(1.0f), 0.0f);
  EXPECT_EQ(portable::log(infinity), infinity);
  EXPECT_TRUE(std::isnan(portable::log(-1.0f)));
  EXPECT_TRUE(std::isnan(portable::log(nan_value)));
  EXPECT_EQ(portable::exp(0.0f), 1.0f);
  EXPECT_EQ(portable::exp(-infinity), 0.0f);
  EXPECT_EQ(portable::exp(89.0f), infinity);
  EXPECT_EQ(portable::exp(infinity), infinity);
  EXPECT_TRUE(std::isnan(portable::exp(nan_value)));
  EXPECT_TRUE(std::isnan(portable::exp(-nan_value)));
  EXPECT_EQ(portable::log1p_of_unit(0.0f), 0.0f);
  EXPECT_EQ(portable::log1p_of_unit(1.0f), std::log(2.0f));
}

}  // namespace
}  // namespace credence
