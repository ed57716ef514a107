#pragma once

#include "credence/layers/linear.h"

namespace credence {

struct DenseOptions {
  std::int64_t units = 0;
  bool bias = true;
  Initializer initializer = Initializer::glorot_uniform;

  template <class Visitor>
  void visit(Visitor& v) {
    v("units", units);
    v("bias", bias);
    v("initializer", initializer);
  }
};

/// A fully connected layer: [I] to [units]. ConfigError unless units is positive.
LinearSpec dense(const DenseOptions& options);

}  // namespace credence
