#include "credence/kernels/cpu/products.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "credence/kernels/cpu/pieces.h"
#include "credence/kernels/vector.h"

namespace credence::cpu {
namespace {

/// A vector of a tile's row: the whole, or its first `last` lanes if it is the row's last and
/// partial.
template <int lanes, bool partial>
Vector<float, lanes> load_vector(const float* from, bool is_last, std::int64_t last) {
  if (partial && is_last) return load_first<lanes>(from, last);
  return load<lanes>(from);
}

template <int lanes, bool partial>
void store_vector(float* to, Vector<float, lanes> vector, bool is_last, std::int64_t last) {
  if (partial && is_last)
    store_first<lanes>(to, vector, last);
  else
    store<lanes>(to, vector);
}

/// sums + the products of `weights` with the term, or pair of terms, at `src`.
template <int lanes>
Vector<float, lanes> add_products(Vector<float, lanes> sums, Vector<float, lanes> weights,
                                  const float* src) {
  return sums + *src * weights;
}
template <int lanes>
Vector<float, lanes> add_products(Vector<float, lanes> sums, Vector<float, lanes> weights,
                                  const Bf16* src) {
  std::uint32_t pair;
  std::memcpy(&pair, src, sizeof(pair));
  return add_pair_products<lanes>(sums, weights, pair);
}

/// Accumulators of a tile: `height` pixels (or rows) by `width` vectors of `lanes` channels, of
/// which the last vector holds `last` if `partial`. 16 of them hide the latency of a fused
/// multiply-add on every machine known; with the operands they fit in 32 registers.
template <class Src, int lanes, int height, int width, bool partial, bool adjacent>
void sum_terms_tile(const PixelProducts<Src>& a, std::int64_t last) {
  constexpr int terms = terms_at_once<Src>;
  const std::int64_t src_step = adjacent ? 1 : a.src_step;
  Vector<float, lanes> sums[height][width];
#pragma GCC unroll 8
  for (int v = 0; v < width; ++v) {
    const bool is_last = v == width - 1;
    Vector<float, lanes> start{};
    if (a.bias) start = load_vector<lanes, partial>(a.bias + v * lanes, is_last, last);
#pragma GCC unroll 8
    for (int p = 0; p < height; ++p)
      sums[p][v] =
          a.add ? load_vector<lanes, partial>(a.dst + p * a.dst_step + v * lanes, is_last, last)
                : start;
  }
  for (const Run& run : a.runs) {
    const Src* src = a.src + run.src;
    const float* weights = a.weights + run.weights;
    for (std::int64_t j = 0; j < a.run_length;
         j += terms, src += terms, weights += a.weights_step) {
      Vector<float, lanes> w[width];
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v)
        w[v] = load_vector<lanes, partial>(weights + v * lanes, v == width - 1, last);
#pragma GCC unroll 8
      for (int p = 0; p < height; ++p)
#pragma GCC unroll 8
        for (int v = 0; v < width; ++v)
          sums[p][v] = add_products<lanes>(sums[p][v], w[v], src + p * src_step);
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < height; ++p)
#pragma GCC unroll 8
    for (int v = 0; v < width; ++v)
      store_vector<lanes, partial>(a.dst + p * a.dst_step + v * lanes, sums[p][v], v == width - 1,
                                   last);
}

template <int lanes, int height, int width, bool partial>
void sum_pixels_tile(const OuterProducts& a, std::int64_t last) {
  Vector<float, lanes> sums[height][width];
#pragma GCC unroll 8
  for (int r = 0; r < height; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < width; ++v)
      sums[r][v] = a.add ? load_vector<lanes, partial>(a.sums + r * a.sums_step + v * lanes,
                                                       v == width - 1, last)
                         : Vector<float, lanes>{};
  for (std::int64_t y = 0; y < a.lines; ++y) {
    const float* left = a.left + y * a.left_line;
    const float* right = a.right + y * a.right_line;
    for (std::int64_t p = 0; p < a.pixels; ++p, left += a.left_step, right += a.right_step) {
      Vector<float, lanes> x[width];
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v)
        x[v] = load_vector<lanes, partial>(right + v * lanes, v == width - 1, last);
#pragma GCC unroll 8
      for (int r = 0; r < height; ++r)
#pragma GCC unroll 8
        for (int v = 0; v < width; ++v) sums[r][v] += left[r] * x[v];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < height; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < width; ++v)
      store_vector<lanes, partial>(a.sums + r * a.sums_step + v * lanes, sums[r][v], v == width - 1,
                                   last);
}

/// The sum of the lanes, halves first.
float sum_of_lanes(Vector<float, native_lanes> vector) {
  alignas(64) float lane[native_lanes];
  store<native_lanes>(lane, vector);
  for (int half = native_lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lane[i] += lane[i + half];
  return lane[0];
}

template <int height, int width>
void sum_row_tile(const InnerProducts& a) {
  Vector<float, native_lanes> sums[height][width]{};
  const auto add = [&](auto read) {
    Vector<float, native_lanes> x[height];
#pragma GCC unroll 8
    for (int r = 0; r < height; ++r) x[r] = read(a.src + r * a.src_step);
#pragma GCC unroll 8
    for (int c = 0; c < width; ++c) {
      const Vector<float, native_lanes> w = read(a.weights + c * a.weights_step);
#pragma GCC unroll 8
      for (int r = 0; r < height; ++r) sums[r][c] += x[r] * w;
    }
  };
  std::int64_t j = 0;
  for (; j + native_lanes <= a.length; j += native_lanes)
    add([j](const float* row) { return load<native_lanes>(row + j); });
  if (j < a.length)
    add([j, rest = a.length - j](const float* row) {
      return load_first<native_lanes>(row + j, rest);
    });
#pragma GCC unroll 8
  for (int r = 0; r < height; ++r)
#pragma GCC unroll 8
    for (int c = 0; c < width; ++c)
      a.dst[r * a.dst_step + c] = sum_of_lanes(sums[r][c]) + (a.bias ? a.bias[c] : 0);
}

template <class Products>
using Tile = void (*)(const Products&, std::int64_t last);

/// The tiles of one width: by height, from 1 on.
template <class Products, int max_height>
struct TilesOfWidth {
  int lanes;
  int vectors;
  std::array<Tile<Products>, max_height> whole;
  std::array<Tile<Products>, max_height> partial;
};

/// Two vectors for each row, those of the operands, and some to spare.
constexpr int max_height = native_registers == 32 ? 8 : 6;

template <class Src, int lanes, int width, bool adjacent, int... h>
constexpr TilesOfWidth<PixelProducts<Src>, max_height> term_tiles(
    std::integer_sequence<int, h...>) {
  return {lanes,
          width,
          {sum_terms_tile<Src, lanes, h + 1, width, false, adjacent>...},
          {sum_terms_tile<Src, lanes, h + 1, width, true, adjacent>...}};
}
template <int lanes, int width, int... h>
constexpr TilesOfWidth<OuterProducts, max_height> pixel_tiles(std::integer_sequence<int, h...>) {
  return {lanes,
          width,
          {sum_pixels_tile<lanes, h + 1, width, false>...},
          {sum_pixels_tile<lanes, h + 1, width, true>...}};
}

using Heights = std::make_integer_sequence<int, max_height>;

/// Calls body(tiles, first channel, partial, lanes of the last vector) for each strip of channels.
template <class Tiles, class Body>
void for_each_strip(const std::array<Tiles, 4>& tiles, std::int64_t channels, Body body) {
  for (std::int64_t c = 0; c < channels;) {
    const std::int64_t left = channels - c;
    const Tiles& chosen = left > 16  ? tiles[3]
                          : left > 8 ? tiles[2]
                          : left > 4 ? tiles[1]
                                     : tiles[0];
    const std::int64_t width = chosen.lanes * chosen.vectors;
    const bool partial = left < width;
    const std::int64_t last = partial ? left - (chosen.vectors - 1) * chosen.lanes : chosen.lanes;
    body(chosen, c, partial, last);
    c += width;
  }
}

template <class Src, bool adjacent>
constexpr std::array<TilesOfWidth<PixelProducts<Src>, max_height>, 4> term_tiles_by_width{
    term_tiles<Src, 4, 1, adjacent>(Heights{}), term_tiles<Src, 8, 1, adjacent>(Heights{}),
    term_tiles<Src, native_lanes, 1, adjacent>(Heights{}),
    term_tiles<Src, native_lanes, 2, adjacent>(Heights{})};
constexpr std::array<TilesOfWidth<OuterProducts, max_height>, 4> pixel_tiles_by_width{
    pixel_tiles<4, 1>(Heights{}), pixel_tiles<8, 1>(Heights{}),
    pixel_tiles<native_lanes, 1>(Heights{}), pixel_tiles<native_lanes, 2>(Heights{})};

template <class Src>
void sum_terms(const PixelProducts<Src>& products) {
  // Images of one channel have tiles of their own: their short runs are worth a constant step.
  const auto& tiles_by_width =
      products.src_step == 1 ? term_tiles_by_width<Src, true> : term_tiles_by_width<Src, false>;
  for_each_strip(tiles_by_width, products.channels,
                 [&](const auto& tiles, std::int64_t c, bool partial, std::int64_t last) {
                   PixelProducts<Src> tile = products;
                   tile.weights += c;
                   if (tile.bias) tile.bias += c;
                   for_each_piece(products.pixels, max_height,
                                  [&](std::int64_t p, std::int64_t height) {
                                    tile.src = products.src + p * products.src_step;
                                    tile.dst = products.dst + p * products.dst_step + c;
                                    (partial ? tiles.partial : tiles.whole)[height - 1](tile, last);
                                  });
                 });
}

constexpr int row_tile_height = 4, row_tile_width = native_registers == 32 ? 5 : 2;

template <int height, int... w>
constexpr std::array<void (*)(const InnerProducts&), row_tile_width> row_tiles(
    std::integer_sequence<int, w...>) {
  return {sum_row_tile<height, w + 1>...};
}
using RowTileWidths = std::make_integer_sequence<int, row_tile_width>;
constexpr std::array<std::array<void (*)(const InnerProducts&), row_tile_width>, row_tile_height>
    row_tiles_by_height{row_tiles<1>(RowTileWidths{}), row_tiles<2>(RowTileWidths{}),
                        row_tiles<3>(RowTileWidths{}), row_tiles<4>(RowTileWidths{})};

}  // namespace

void sum_over_terms(const PixelProducts<float>& products) {
  sum_terms(products);
}

void sum_over_terms(const PixelProducts<Bf16>& products) {
  sum_terms(products);
}

void sum_over_pixels(const OuterProducts& products) {
  for_each_strip(pixel_tiles_by_width, products.channels,
                 [&](const auto& tiles, std::int64_t c, bool partial, std::int64_t last) {
                   OuterProducts tile = products;
                   tile.right += c;
                   for_each_piece(products.rows, max_height,
                                  [&](std::int64_t r, std::int64_t height) {
                                    tile.left = products.left + r;
                                    tile.sums = products.sums + r * products.sums_step + c;
                                    (partial ? tiles.partial : tiles.whole)[height - 1](tile, last);
                                  });
                 });
}

void sum_along_rows(const InnerProducts& products) {
  for_each_piece(products.rows, row_tile_height, [&](std::int64_t r, std::int64_t height) {
    for_each_piece(products.channels, row_tile_width, [&](std::int64_t c, std::int64_t width) {
      InnerProducts tile = products;
      tile.src += r * products.src_step;
      tile.weights += c * products.weights_step;
      if (tile.bias) tile.bias += c;
      tile.dst += r * products.dst_step + c;
      row_tiles_by_height[height - 1][width - 1](tile);
    });
  });
}

}  // namespace credence::cpu
