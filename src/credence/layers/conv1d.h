#pragma once

#include "credence/layers/linear.h"
#include "credence/layers/padding.h"

namespace credence {

struct Conv1dOptions {
  std::int64_t filters = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  PaddingMode padding = PaddingMode::valid;
  std::int64_t explicit_padding = 0;
  bool bias = true;
  Initializer initializer = Initializer::glorot_uniform;

  template <class Visitor>
  void visit(Visitor& v) {
    v("filters", filters);
    v("kernel", kernel);
    v("stride", stride);
    v("dilation", dilation);
    v("padding", padding);
    v("explicit_padding", explicit_padding);
    v("bias", bias);
    v("initializer", initializer);
  }
};

/// A convolution along one axis: [length, channels] to [out length, filters], weights [filters,
/// channels, kernel]. It runs as one over images of height 1. ConfigError unless filters, kernel,
/// stride and dilation are positive.
LinearSpec conv1d(const Conv1dOptions& options);

}  // namespace credence
