#pragma once

#include "credence/comm/compression.h"
#include "credence/comm/gradient_code.h"

namespace credence {

/// A byte a value, and a float32 for each block of 256: whole multiples, -127 to 127, of the
/// block's largest magnitude / 127, the nearest ones. One large value so spoils 255 others at most
/// (block-wise quantization: Dettmers et al. 2021, arXiv:2110.02861). What is not finite makes its
/// block NaN. Blocks of magnitudes below 2e-36 are written as zeros.
class Int8Code final : public GradientCode {
 public:
  static constexpr std::size_t block_size = 256;

  std::size_t block() const override { return block_size; }
  std::size_t bytes(std::size_t count) const override {
    return count + (count + block_size - 1) / block_size * sizeof(float);
  }
  void encode(std::span<const float> values, std::uint8_t* bytes) const override;
  void decode(const std::uint8_t* bytes, std::span<float> values) const override;
};

/// A quarter of float32's bytes. Gradients that are small beside the largest of their block would
/// round to zero in every step; with feedback they add up until they travel, and rounding to
/// nearest, which has less variance than an unbiased, stochastic one, is enough.
class Int8Compression final : public Compression {
 public:
  struct Options {
    bool error_feedback = true;

    template <class Visitor>
    void visit(Visitor& v) {
      v("error_feedback", error_feedback);
    }
  };
  explicit Int8Compression(const Options& options) : options_(options) {}

  std::string description() const override;
  bool has_error_feedback() const override { return options_.error_feedback; }
  double bytes(double count, int ranks) const override;
  std::unique_ptr<GradientSum> make_sum(Communicator& communicator,
                                        Buffer gradients) const override;

 private:
  Options options_;
};

}  // namespace credence
