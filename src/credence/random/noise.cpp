#include "credence/random/noise.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/random/philox.h"
#include "credence/random/transforms.h"

namespace credence {

namespace {

/// Blocks of four words that are made at a time, word by word, in cache.
constexpr int chunk_blocks = 128;

struct Words {
  alignas(64) std::uint32_t word[4][chunk_blocks];
};

PhiloxWords counter_at(NoisePosition position, std::uint64_t block) {
  return {static_cast<std::uint32_t>(block), position.example,
          static_cast<std::uint32_t>(position.step),
          position.sample << 16 | static_cast<std::uint32_t>(position.step >> 32)};
}

void make_words(Words& words, NoiseKey key, PhiloxWords counter, int blocks) {
  for (int i = 0; i < blocks; ++i) {
    const PhiloxWords block =
        philox({counter.a + static_cast<std::uint32_t>(i), counter.b, counter.c, counter.d},
               key.words[0], key.words[1]);
    words.word[0][i] = block.a;
    words.word[1][i] = block.b;
    words.word[2][i] = block.c;
    words.word[3][i] = block.d;
  }
}

void make_normals(float* dst, const Words& words, int blocks) {
  for (int i = 0; i < blocks; ++i) {
    const NormalPair low = normals_from_words(words.word[0][i], words.word[1][i]);
    const NormalPair high = normals_from_words(words.word[2][i], words.word[3][i]);
    dst[4 * i] = low.first;
    dst[4 * i + 1] = low.second;
    dst[4 * i + 2] = high.first;
    dst[4 * i + 3] = high.second;
  }
}

void make_uniforms(float* dst, const Words& words, int blocks) {
  for (int i = 0; i < blocks; ++i)
    for (int k = 0; k < 4; ++k) dst[4 * i + k] = uniform_from_word(words.word[k][i]);
}

void make_signs(float* dst, const Words& words, int blocks) {
  for (int i = 0; i < blocks; ++i)
    for (int k = 0; k < 4; ++k) {
      const std::uint32_t word = words.word[k][i];
      for (std::uint32_t bit = 0; bit < 32; ++bit)
        dst[128 * i + 32 * k + bit] = sign_from_bit(word, bit);
    }
}

void check(NoisePosition position, std::uint64_t first, std::uint64_t count, int per_block) {
  const auto width = static_cast<std::uint64_t>(per_block);
  require<InternalError>(first % width == 0, "noise: first_element must be a multiple of ", width,
                         ", got ", first);
  require<InternalError>(first + count <= width << 32, "noise: a stream has ", width << 32,
                         " elements, got ", first, " + ", count);
  require<InternalError>(position.step < std::uint64_t{1} << 48,
                         "noise: step must be below 2^48, got ", position.step);
  require<InternalError>(position.sample < 1u << 16, "noise: sample must be below 65536, got ",
                         position.sample);
}

/// `make` turns blocks into `per_block` floats each.
template <int per_block, class T, class Make>
void fill(std::span<T> dst, NoiseKey key, NoisePosition position, std::uint64_t first_element,
          Make make) {
  check(position, first_element, dst.size(), per_block);
  constexpr int blocks_at_once = std::min(chunk_blocks, 2048 / per_block);
  constexpr std::size_t chunk = blocks_at_once * per_block;
  Words words;
  alignas(64) float values[chunk];
  for (std::size_t begin = 0; begin < dst.size(); begin += chunk) {
    const std::size_t count = std::min(chunk, dst.size() - begin);
    const int blocks = static_cast<int>((count + per_block - 1) / per_block);
    make_words(words, key, counter_at(position, (first_element + begin) / per_block), blocks);
    make(values, words, blocks);
    std::copy_n(values, count, dst.data() + begin);
  }
}

}  // namespace

NoiseKey noise_key(std::uint64_t seed, Stream stream, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  const PhiloxWords words =
      philox({static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(hash),
              static_cast<std::uint32_t>(hash >> 32), 0},
             static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
  return {{words.a, words.b}};
}

void fill_normal(std::span<float> dst, NoiseKey key, NoisePosition position,
                 std::uint64_t first_element) {
  fill<4>(dst, key, position, first_element, make_normals);
}

void fill_uniform(std::span<float> dst, NoiseKey key, NoisePosition position,
                  std::uint64_t first_element) {
  fill<4>(dst, key, position, first_element, make_uniforms);
}

void fill_signs(std::span<float> dst, NoiseKey key, NoisePosition position,
                std::uint64_t first_element) {
  fill<128>(dst, key, position, first_element, make_signs);
}

void fill_normal(std::span<double> dst, NoiseKey key, NoisePosition position,
                 std::uint64_t first_element) {
  fill<4>(dst, key, position, first_element, make_normals);
}

void fill_uniform(std::span<double> dst, NoiseKey key, NoisePosition position,
                  std::uint64_t first_element) {
  fill<4>(dst, key, position, first_element, make_uniforms);
}

void fill_signs(std::span<double> dst, NoiseKey key, NoisePosition position,
                std::uint64_t first_element) {
  fill<128>(dst, key, position, first_element, make_signs);
}

std::uint64_t draw_bits(NoiseKey key, NoisePosition position, std::uint64_t element) {
  check(position, element / 2 * 2, 1, 2);
  const PhiloxWords words = philox(counter_at(position, element / 2), key.words[0], key.words[1]);
  return element % 2 == 0 ? std::uint64_t{words.b} << 32 | words.a
                          : std::uint64_t{words.d} << 32 | words.c;
}

}  // namespace credence
