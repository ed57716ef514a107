#include "credence/kernels/cpu/conv2d_plan.h"

#include <algorithm>
#include <array>

#include "credence/kernels/cpu/bf16.h"
#include "credence/kernels/cpu/winograd.h"

namespace credence::cpu {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Which tap of an axis reaches the pixels of src at `phase`, and from how many pixels of dst on.
struct AxisTap {
  std::int64_t tap, shift;
};

std::vector<AxisTap> taps_of_phase(const Conv2dGeometry& g, std::size_t axis, std::int64_t phase) {
  std::vector<AxisTap> taps;
  for (std::int64_t k = 0; k < g.kernel[axis]; ++k) {
    const std::int64_t reached = phase + g.pad_begin[axis] - k * g.dilation[axis];
    if (reached % g.stride[axis] == 0) taps.push_back({k, reached / g.stride[axis]});
  }
  return taps;
}

/// Zeros needed before and behind the pixels of dst along an axis.
struct Margins {
  std::int64_t before = 0, behind = 0;
};

Margins margins_of(const Conv2dGeometry& g, std::size_t axis, std::int64_t src_extent,
                   std::int64_t dst_extent) {
  Margins margins;
  for (std::int64_t phase = 0; phase < g.stride[axis]; ++phase)
    for (const AxisTap& tap : taps_of_phase(g, axis, phase)) {
      const std::int64_t multiples = ceil_div(src_extent - phase, g.stride[axis]);
      margins.before = std::max(margins.before, -tap.shift);
      margins.behind = std::max(margins.behind, multiples - 1 + tap.shift - (dst_extent - 1));
    }
  return margins;
}

}  // namespace

Conv2dPlan::Conv2dPlan(const Conv2dGeometry& g, Precision precision) {
  const bool pairs = precision == Precision::bf16;
  const std::int64_t width = g.width + g.pad_begin[1] + g.pad_end[1];
  winograd_forward = !pairs && winograd_applies(g, WeightOrder::by_dst);
  winograd_backward = !pairs && winograd_applies(g, WeightOrder::by_src);
  // Behind the last line, which those made together read.
  const auto more_lines = [](bool is_winograd) { return is_winograd ? winograd_lines - 1 : 0; };
  src = {.lines = g.height + g.pad_begin[0] + g.pad_end[0] + more_lines(winograd_forward),
         .line = width * g.channels,
         .begin = (g.pad_begin[0] * width + g.pad_begin[1]) * g.channels};
  src_is_padded = src.size() != g.height * g.width * g.channels;
  // Undilated, the taps of a line and their channels lie one after another.
  const bool is_dense = g.dilation[1] == 1;
  run_length = is_dense ? g.kernel[1] * g.channels : g.channels;
  for (std::int64_t ky = 0; ky < g.kernel[0]; ++ky)
    for (std::int64_t kx = 0; kx < (is_dense ? 1 : g.kernel[1]); ++kx)
      runs.push_back({.src = ky * g.dilation[0] * src.line + kx * g.dilation[1] * g.channels,
                      .weights = (ky * g.kernel[1] + kx) * g.channels * g.filters});

  forward_runs = runs;
  if (pairs)
    for (std::size_t i = 0; i < runs.size(); ++i)
      forward_runs[i].weights = static_cast<std::int64_t>(i) * pairs_of(run_length) * g.filters;

  const std::int64_t tap_size = (pairs ? pairs_of(g.filters) : g.filters) * g.channels;
  const Margins y = margins_of(g, 0, g.height, g.out_height());
  const Margins x = margins_of(g, 1, g.width, g.out_width());
  diff_dst = {.lines = y.before + g.out_height() + y.behind + more_lines(winograd_backward),
              .line = (x.before + g.out_width() + x.behind) * g.filters};
  diff_dst.begin = y.before * diff_dst.line + x.before * g.filters;
  for (std::int64_t phase_y = 0; phase_y < g.stride[0]; ++phase_y) {
    std::vector<Phase>& line = phases.emplace_back();
    for (std::int64_t phase_x = 0; phase_x < std::min(g.stride[1], g.width); ++phase_x) {
      Phase& phase = line.emplace_back(Phase{.x = phase_x, .runs = {}});
      for (const AxisTap& ty : taps_of_phase(g, 0, phase_y))
        for (const AxisTap& tx : taps_of_phase(g, 1, phase_x))
          phase.runs.push_back({.src = ty.shift * diff_dst.line + tx.shift * g.filters,
                                .weights = (ty.tap * g.kernel[1] + tx.tap) * tap_size});
    }
  }
}

}  // namespace credence::cpu
