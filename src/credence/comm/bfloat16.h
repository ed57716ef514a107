#pragma once

#include "credence/comm/compression.h"
#include "credence/comm/gradient_code.h"

namespace credence {

/// The upper half of a float32, rounded to nearest, ties to even: 8 bits of the exponent, 8 of the
/// significand, so that what is lost is below 2^-8 of the value, and nothing but values within
/// 2^-9 of the greatest float overflows.
class Bfloat16Code final : public GradientCode {
 public:
  std::size_t block() const override { return 1; }
  std::size_t bytes(std::size_t count) const override { return 2 * count; }
  void encode(std::span<const float> values, std::uint8_t* bytes) const override;
  void decode(const std::uint8_t* bytes, std::span<float> values) const override;
};

/// Two bytes a gradient, so that mu and rho of a weight travel in the bytes of one float32. Its
/// error is a share of each gradient, far below the noise of a batch, and does without feedback.
class Bfloat16Compression final : public Compression {
 public:
  struct Options {
    bool error_feedback = false;

    template <class Visitor>
    void visit(Visitor& v) {
      v("error_feedback", error_feedback);
    }
  };
  explicit Bfloat16Compression(const Options& options) : options_(options) {}

  std::string description() const override;
  bool has_error_feedback() const override { return options_.error_feedback; }
  double bytes(double count, int ranks) const override;
  std::unique_ptr<GradientSum> make_sum(Communicator& communicator,
                                        Buffer gradients) const override;

 private:
  Options options_;
};

}  // namespace credence
