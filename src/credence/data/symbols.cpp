#include <array>

#include "credence/base/errors.h"
#include "credence/data/digits_pen.h"
#include "credence/data/symbols_skeletons.h"
#include "credence/data/unfamiliar.h"
#include "credence/kernels/parallel.h"
#include "credence/random/noise.h"

namespace credence {

std::shared_ptr<const Dataset> symbols(const SymbolsOptions& options) {
  require<ConfigError>(options.count >= 1 && options.count <= (std::int64_t{1} << 31),
                       "symbols: count must be between 1 and 2^31, got ", options.count);
  const NoiseKey key = noise_key(options.seed, Stream::noise, "symbols");
  const std::vector<Symbol>& all = symbol_skeletons();
  Tensor src({options.count, digit_side, digit_side, 1}, DType::uint8), target({options.count, 1});
  const auto pixels = src.span<std::uint8_t>();
  parallel_for(options.count, {.least = 64}, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      std::array<float, digit_draws> draws;
      fill_uniform(draws, key, {.example = static_cast<std::uint32_t>(i)});
      write_glyph(all[i % all.size()].styles, draws,
                  pixels.subspan(i * digit_pixels).first<digit_pixels>());
    }
  });
  return std::make_shared<InMemoryDataset>("symbols", src, target,
                                           TargetInfo{.classes = 1, .labels = {"none"}});
}

}  // namespace credence
