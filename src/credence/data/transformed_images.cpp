#include "credence/data/transformed_images.h"

#include <utility>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {

TransformedImages::TransformedImages(std::string name, std::shared_ptr<const Dataset> images,
                                     ImageTransform transform)
    : name_(std::move(name)), images_(std::move(images)), transform_(std::move(transform)) {
  require<DataError>(images_->src_shape().rank() == 3, name_,
                     ": expected images [height, width, channels], got examples ",
                     images_->src_shape(), " of data set \"", images_->name(), "\"");
}

void TransformedImages::read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
                             Tensor& target) const {
  images_->read(indices, step, src, target);
  const auto size = static_cast<std::size_t>(src_shape().size());
  const std::span<float> all = src.span<float>();
  parallel_for(std::ssize(indices), {.least = 16}, [&](std::int64_t begin, std::int64_t end) {
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row)
      transform_(indices[row], all.subspan(row * size, size));
  });
}

}  // namespace credence
