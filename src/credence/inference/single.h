#pragma once

#include "credence/inference/inference.h"

namespace credence {

/// One network, trained: what is uncertain of its weights is what its layers draw, if they do.
class SingleNetwork : public Inference {
 public:
  std::string name() const override { return "single"; }
  Inferred run(const Training& training) override;
};

}  // namespace credence
