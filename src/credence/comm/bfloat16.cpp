#include "credence/comm/bfloat16.h"

#include <bit>

#include "credence/comm/compressed_sum.h"

namespace credence {

void Bfloat16Code::encode(std::span<const float> values, std::uint8_t* bytes) const {
  auto* const to = reinterpret_cast<std::uint16_t*>(bytes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i]);
    const std::uint32_t is_odd = bits >> 16 & 1;
    const std::uint32_t rounded = bits + 0x7fff + is_odd;
    const std::uint32_t quiet = bits | 0x400000;  // a NaN is not to round to infinity, or past it
    to[i] = static_cast<std::uint16_t>(((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded) >> 16);
  }
}

void Bfloat16Code::decode(const std::uint8_t* bytes, std::span<float> values) const {
  const auto* const from = reinterpret_cast<const std::uint16_t*>(bytes);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(from[i]) << 16);
}

std::string Bfloat16Compression::description() const {
  return options_.error_feedback ? "bf16, error feedback" : "bf16";
}

double Bfloat16Compression::bytes(double count, int ranks) const {
  return sent_by_parts(2 * count, ranks);
}

std::unique_ptr<GradientSum> Bfloat16Compression::make_sum(Communicator& communicator,
                                                           Buffer gradients) const {
  return make_compressed_sum(communicator, gradients, std::make_unique<Bfloat16Code>(),
                             {.error_feedback = options_.error_feedback});
}

}  // namespace credence
