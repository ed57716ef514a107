#include "credence/report/line_colours.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace credence {

std::string gnuplot_colour(std::size_t i) {
  static constexpr std::array colours{"#0072b2", "#d55e00", "#009e73",
                                      "#cc79a7", "#e69f00", "#56b4e9"};
  return fmt::format("lc rgb '{}'", colours[i % colours.size()]);
}

std::string gnuplot_viridis(double share) {
  static constexpr double stops[5][3] = {
      {68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {222, 200, 37}};
  const double place = std::clamp(share, 0.0, 1.0) * 4;
  const auto at = std::min<std::size_t>(3, static_cast<std::size_t>(place));
  const double part = place - static_cast<double>(at);
  std::array<int, 3> rgb{};
  for (std::size_t i = 0; i < 3; ++i)
    rgb[i] = static_cast<int>(std::lround((1 - part) * stops[at][i] + part * stops[at + 1][i]));
  return fmt::format("lc rgb '#{:02x}{:02x}{:02x}'", rgb[0], rgb[1], rgb[2]);
}

}  // namespace credence
