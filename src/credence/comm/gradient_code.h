#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace credence {

/// How float32 gradients are written in fewer bytes. A NaN or an infinity is read as something that
/// is not finite.
class GradientCode {
 public:
  virtual ~GradientCode() = default;

  /// Elements that are written together. Those from a multiple of it on take bytes from
  /// bytes(multiple) on, whatever they are written with.
  virtual std::size_t block() const = 0;
  /// Of so many elements.
  virtual std::size_t bytes(std::size_t count) const = 0;
  virtual void encode(std::span<const float> values, std::uint8_t* bytes) const = 0;
  virtual void decode(const std::uint8_t* bytes, std::span<float> values) const = 0;
};

}  // namespace credence
