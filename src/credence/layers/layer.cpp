#include "credence/layers/layer.h"

#include "credence/base/errors.h"

namespace credence {

const Shape& only_source(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  require<ShapeError>(src_shapes.size() == 1, "layer \"", setup.name,
                      "\": expected one source, got ", src_shapes.size());
  return src_shapes[0];
}

}  // namespace credence
