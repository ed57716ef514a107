#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace credence {

/// What a draw is for. A number never changes its meaning: results depend on it.
enum class Stream : std::uint32_t {
  init = 0,
  posterior = 1,
  signs = 2,
  dropout = 3,
  shuffle = 4,
  augment = 5,
  predict = 6,
  waveform = 7,
  noise = 8,
};

/// The Philox key of one stream of one named thing (a parameter, a layer, a data set) under one
/// seed.
struct NoiseKey {
  std::array<std::uint32_t, 2> words{};
};

/// Philox4x32-10(key = seed; counter = stream, 64-bit FNV-1a of the name), its first two words.
NoiseKey noise_key(std::uint64_t seed, Stream stream, std::string_view name);

/// Where in a stream a draw stands. The Philox counter is
///   word 0: element / 4 (signs: / 128, bits: / 2)      word 1: example
///   word 2: the low 32 bits of step                     word 3: sample << 16 | bits 32..47 of step
/// so there are 2^34 elements, 2^32 examples, 2^48 steps and 2^16 samples.
struct NoisePosition {
  std::uint64_t step = 0;
  std::uint32_t example = 0;
  std::uint32_t sample = 0;
};

/// The draws are pure functions of key, position and element: element i of a long fill equals
/// element i of a short one, on any number of threads and any vector width. `first_element` must be
/// a multiple of 4 (of 128 for signs).
///
/// InternalError if they leave the counter's range or `first_element` is off.
///
/// Standard normals by Box-Muller over float uniforms in (0, 1].
void fill_normal(std::span<float> dst, NoiseKey key, NoisePosition position,
                 std::uint64_t first_element = 0);
/// Uniform in (0, 1).
void fill_uniform(std::span<float> dst, NoiseKey key, NoisePosition position,
                  std::uint64_t first_element = 0);
/// -1 or +1, one bit a draw.
void fill_signs(std::span<float> dst, NoiseKey key, NoisePosition position,
                std::uint64_t first_element = 0);
/// The same float draws widened, so that a network in double sees the noise of one in float.
void fill_normal(std::span<double> dst, NoiseKey key, NoisePosition position,
                 std::uint64_t first_element = 0);
void fill_uniform(std::span<double> dst, NoiseKey key, NoisePosition position,
                  std::uint64_t first_element = 0);
void fill_signs(std::span<double> dst, NoiseKey key, NoisePosition position,
                std::uint64_t first_element = 0);
/// One raw 64-bit draw, two a block: word 0 of the counter is element / 2. Element below 2^33.
std::uint64_t draw_bits(NoiseKey key, NoisePosition position, std::uint64_t element);

/// A permutation of 0 .. size - 1 that is computed, not stored: a Feistel network of six rounds
/// (twelve up to size 256) over the next even power of two, walked until it falls inside (Black and
/// Rogaway 2002, cycle walking).
class Permutation {
 public:
  Permutation(std::uint64_t size, NoiseKey key, std::uint64_t epoch);
  std::uint64_t operator()(std::uint64_t index) const;
  /// The same for places [begin, begin + images.size()), faster than one by one.
  void map(std::uint64_t begin, std::span<std::int64_t> images) const;

 private:
  static constexpr int chunk = 64;
  void encrypt(std::array<std::uint64_t, chunk>& indices) const;

  std::uint64_t size_;
  int half_bits_;
  NoiseKey key_;
  std::uint64_t epoch_;
};

}  // namespace credence
