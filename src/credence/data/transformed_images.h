#pragma once

#include <functional>
#include <memory>

#include "credence/data/dataset.h"

namespace credence {

/// Changes one image, [height, width, channels], in place: a function of the image and its index.
using ImageTransform = std::function<void(std::int64_t index, std::span<float> image)>;

/// Another data set's images, each changed as it is read. Targets stay.
class TransformedImages : public Dataset {
 public:
  /// DataError, naming both, unless the examples are images. The transform is called by several
  /// threads.
  TransformedImages(std::string name, std::shared_ptr<const Dataset> images,
                    ImageTransform transform);

  std::string name() const override { return name_; }
  std::int64_t size() const override { return images_->size(); }
  Shape src_shape() const override { return images_->src_shape(); }
  Shape target_shape() const override { return images_->target_shape(); }
  TargetInfo target_info() const override { return images_->target_info(); }
  void read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
            Tensor& target) const override;

 private:
  std::string name_;
  std::shared_ptr<const Dataset> images_;
  ImageTransform transform_;
};

}  // namespace credence
