#include "credence/layers/dense.h"

#include "credence/base/errors.h"
#include "credence/tensor/memory.h"

namespace credence {

LinearSpec dense(const DenseOptions& options) {
  require<ConfigError>(options.units != 0, "Dense: give units, the number of outputs, 1 or more");
  require<ConfigError>(options.units > 0, "Dense: units must be positive, got ", options.units);
  const auto make_map = [options](const LayerSetup& setup, const Shape& src) {
    require<ShapeError>(src.rank() == 1, "layer \"", setup.name,
                        "\": Dense needs a source [features], got ", src,
                        "; put a Flatten layer before it");
    require_countable({options.units, src[0]});
    return make_linear_map(DenseGeometry{.inputs = src[0], .outputs = options.units}, setup.dtype,
                           setup.precision);
  };
  return {.summary = {.type = "Dense"},
          .bias = options.bias,
          .initializer = options.initializer,
          .make_map = make_map};
}

}  // namespace credence
