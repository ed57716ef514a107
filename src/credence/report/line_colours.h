#pragma once

#include <cstddef>
#include <string>

namespace credence {

/// The colour of series number i, in the words of gnuplot: of Okabe and Ito, which the colour-blind
/// tell apart (https://jfly.uni-koeln.de/color/).
std::string gnuplot_colour(std::size_t i);

/// From dark, 0, to light, 1: of viridis (https://bids.github.io/colormap).
std::string gnuplot_viridis(double share);

}  // namespace credence
