#pragma once

#include "credence/layers/linear.h"
#include "credence/layers/padding.h"

namespace credence {

struct Conv2dOptions {
  std::int64_t filters = 0;
  std::array<std::int64_t, 2> kernel{3, 3};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 2> dilation{1, 1};
  PaddingMode padding = PaddingMode::valid;
  std::array<std::int64_t, 2> explicit_padding{0, 0};
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

/// ConfigError, naming `type`, unless there are filters.
void check_filters(std::string_view type, std::int64_t filters);

/// A convolution: [height, width, channels] to [out height, out width, filters]. ConfigError unless
/// filters, kernel, stride and dilation are positive.
LinearSpec conv2d(const Conv2dOptions& options);

}  // namespace credence
