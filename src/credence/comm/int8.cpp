#include "credence/comm/int8.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "credence/comm/compressed_sum.h"

namespace credence {
namespace {

/// Of a block; NaN if one of it is not finite. By the bits without their sign, which are in the
/// order of magnitudes, NaN last.
float largest_magnitude(std::span<const float> values) {
  std::uint32_t largest = 0;
  for (const float value : values)
    largest = std::max(largest, std::bit_cast<std::uint32_t>(value) & 0x7fffffff);
  const auto magnitude = std::bit_cast<float>(largest);
  return magnitude <= std::numeric_limits<float>::max() ? magnitude
                                                        : std::numeric_limits<float>::quiet_NaN();
}

void encode_block(std::span<const float> values, std::uint8_t* bytes) {
  float scale = largest_magnitude(values) / 127;
  if (scale < std::numeric_limits<float>::min()) scale = 0;  // 1 / scale would overflow
  const float inverse = scale == 0 ? 0 : 1 / scale;
  std::memcpy(bytes, &scale, sizeof(scale));
  auto* const to = reinterpret_cast<std::int8_t*>(bytes + sizeof(scale));
  // A float beside 1.5 * 2^23 has no bits below 1: adding rounds to nearest, ties to even, and the
  // last byte is the whole number.
  constexpr float to_whole = 12582912;
  for (std::size_t i = 0; i < values.size(); ++i)
    to[i] = static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(values[i] * inverse + to_whole));
}

void decode_block(const std::uint8_t* bytes, std::span<float> values) {
  float scale = 0;
  std::memcpy(&scale, bytes, sizeof(scale));
  const auto* const from = reinterpret_cast<const std::int8_t*>(bytes + sizeof(scale));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = scale * static_cast<float>(from[i]);
}

}  // namespace

void Int8Code::encode(std::span<const float> values, std::uint8_t* bytes) const {
  for (std::size_t begin = 0; begin < values.size(); begin += block_size)
    encode_block(values.subspan(begin, std::min(block_size, values.size() - begin)),
                 bytes + this->bytes(begin));
}

void Int8Code::decode(const std::uint8_t* bytes, std::span<float> values) const {
  for (std::size_t begin = 0; begin < values.size(); begin += block_size)
    decode_block(bytes + this->bytes(begin),
                 values.subspan(begin, std::min(block_size, values.size() - begin)));
}

std::string Int8Compression::description() const {
  return options_.error_feedback ? "int8, error feedback" : "int8";
}

double Int8Compression::bytes(double count, int ranks) const {
  return sent_by_parts(count + count / Int8Code::block_size * sizeof(float), ranks);
}

std::unique_ptr<GradientSum> Int8Compression::make_sum(Communicator& communicator,
                                                       Buffer gradients) const {
  return make_compressed_sum(communicator, gradients, std::make_unique<Int8Code>(),
                             {.error_feedback = options_.error_feedback});
}

}  // namespace credence
