#pragma once

#include <string>

#include "credence/comm/gradient_sum.h"

namespace credence {

/// How gradients travel between ranks: a way to sum them in fewer bytes.
class Compression {
 public:
  virtual ~Compression() = default;

  /// "int8, error feedback"
  virtual std::string description() const = 0;
  /// Whether what rounding loses is kept, and added to the gradients of the next step: a buffer as
  /// long as the gradients on every rank.
  virtual bool has_error_feedback() const = 0;
  /// That a rank sends to sum so many float32 gradients over so many ranks, if they are shared out
  /// evenly.
  virtual double bytes(double count, int ranks) const = 0;
  /// As make_gradient_sum, of floats alone.
  virtual std::unique_ptr<GradientSum> make_sum(Communicator& communicator,
                                                Buffer gradients) const = 0;
};

/// As float32.
class NoCompression final : public Compression {
 public:
  std::string description() const override { return "float32"; }
  bool has_error_feedback() const override { return false; }
  double bytes(double count, int ranks) const override {
    return sent_by_parts(sizeof(float) * count, ranks);
  }
  std::unique_ptr<GradientSum> make_sum(Communicator& communicator,
                                        Buffer gradients) const override {
    return make_gradient_sum(communicator, gradients, {});
  }
};

}  // namespace credence
