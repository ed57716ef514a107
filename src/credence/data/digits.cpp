#include "credence/data/digits.h"

#include <array>
#include <string>

#include "credence/base/errors.h"
#include "credence/data/digits_pen.h"
#include "credence/kernels/parallel.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

constexpr const char* data_set = "digits";

/// The digit of example `index` of a part: each block of ten is a permutation of the digits.
int digit_of(NoiseKey key, std::uint64_t part, std::uint64_t index) {
  const Permutation order(10, key, index / 10 * 2 + part);
  return static_cast<int>(order(index % 10));
}

std::shared_ptr<const Dataset> make_part(const DigitsOptions& options, std::uint64_t part,
                                         std::int64_t count) {
  require<ConfigError>(count >= 1 && count <= (std::int64_t{1} << 31), data_set, ": ",
                       part == 0 ? "train_count" : "test_count",
                       " must be between 1 and 2^31, got ", count);
  const NoiseKey drawing = noise_key(options.seed, Stream::noise, data_set);
  const NoiseKey labels = noise_key(options.seed, Stream::shuffle, "digits.labels");
  Tensor src({count, digit_side, digit_side, 1}, DType::uint8);
  Tensor target({count, 1});
  const auto pixels = src.span<std::uint8_t>();
  const auto classes = target.span<float>();
  parallel_for(count, {.least = 64}, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto index = static_cast<std::uint64_t>(i);
      const int digit = digit_of(labels, part, index);
      classes[index] = static_cast<float>(digit);
      std::array<float, digit_draws> draws;
      fill_uniform(draws, drawing, {.step = part, .example = static_cast<std::uint32_t>(index)});
      write_glyph(digit_skeletons(digit), draws,
                  pixels.subspan(index * digit_pixels).first<digit_pixels>());
    }
  });
  TargetInfo info{.classes = 10, .labels = {}};
  for (int digit = 0; digit < 10; ++digit) info.labels.push_back(std::to_string(digit));
  return std::make_shared<InMemoryDataset>(data_set, src, target, info);
}

}  // namespace

DataSplits make_digits(const DigitsOptions& options) {
  return {.train = make_part(options, 0, options.train_count),
          .test = make_part(options, 1, options.test_count)};
}

}  // namespace credence
