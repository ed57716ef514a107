#include "credence/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "credence/base/crc32c.h"
#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {
namespace {

void check_destination(const Dataset& dataset, std::string_view what, const Tensor& dst,
                       Shape expected, std::size_t count) {
  const bool fits = !dst.empty() && dst.dtype() == DType::float32 && dst.shape().rank() >= 1 &&
                    dst.shape().without_leading() == expected &&
                    dst.shape()[0] >= static_cast<std::int64_t>(count);
  require<ShapeError>(fits, dataset.name(), ": ", what, " of a read of ", count,
                      " examples must be float32 ",
                      expected.prepend(static_cast<std::int64_t>(count)), ", got ",
                      name_of(dst.dtype()), " ", dst.shape());
}

void check_indices(const Dataset& dataset, std::span<const std::int64_t> indices) {
  const std::int64_t size = dataset.size();
  const auto outside = std::ranges::find_if(
      indices, [size](std::int64_t index) { return index < 0 || index >= size; });
  if (outside == indices.end()) return;
  throw DataError(concat(dataset.name(), ": example ", *outside, " asked for, there are ", size));
}

void check_units(const Tensor& values, std::span<const Units> units) {
  require<ShapeError>(values.shape().row_size() == std::ssize(units), "units of ", units.size(),
                      " elements do not fit ", values.shape());
}

template <class T>
void scale_row(const T* from, float* to, std::int64_t count, float scale, float shift) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) * scale + shift;
}

std::uint32_t checksum_of(const Tensor& src, const Tensor& target) {
  const auto text_of = [](const Tensor& tensor) {
    const std::string_view bytes(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes());
    return concat(tensor.shape(), ' ', crc32c(bytes), '\n');
  };
  return crc32c(text_of(src) + text_of(target));
}

}  // namespace

void to_own_units(Tensor& targets, const TargetInfo& info) {
  if (info.units.empty()) return;
  check_units(targets, info.units);
  const auto values = targets.span<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Units& units = info.units[i % info.units.size()];
    values[i] = static_cast<float>(values[i] * units.scale + units.shift);
  }
}

double log_scale(const TargetInfo& info) {
  double sum = 0;
  for (const Units& units : info.units) sum += std::log(std::abs(units.scale));
  return sum;
}

void to_own_scale(Tensor& distances, const TargetInfo& info) {
  TargetInfo scales = info;
  for (Units& units : scales.units) units = {.scale = std::abs(units.scale), .shift = 0};
  to_own_units(distances, scales);
}

void to_given_units(Tensor& values, std::span<const Units> units) {
  if (units.empty()) return;
  check_units(values, units);
  const auto own = values.span<double>();
  for (std::size_t i = 0; i < own.size(); ++i)
    own[i] = (own[i] - units[i % units.size()].shift) / units[i % units.size()].scale;
}

std::uint32_t Dataset::checksum() const {
  constexpr std::int64_t most = 256;
  const std::int64_t count = std::min(size(), most);
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    indices[static_cast<std::size_t>(i)] = i * (size() / count);
  Tensor src(src_shape().prepend(count)), target(target_shape().prepend(count));
  read(indices, 0, src, target);
  return checksum_of(src, target);
}

InMemoryDataset::InMemoryDataset(std::string name, Tensor src, Tensor target, TargetInfo info)
    : name_(std::move(name)),
      src_(std::move(src)),
      target_(std::move(target)),
      info_(std::move(info)),
      scale_(src_.dtype() == DType::uint8 ? 1.0f / 255.0f : 1.0f),
      shift_(0.0f) {
  require<ShapeError>(src_.dtype() == DType::uint8 || src_.dtype() == DType::float32, name_,
                      ": src must be uint8 or float32, got ", name_of(src_.dtype()));
  require<ShapeError>(target_.dtype() == DType::float32, name_, ": target must be float32, got ",
                      name_of(target_.dtype()));
  const bool paired = src_.shape().rank() >= 1 && target_.shape().rank() >= 1 &&
                      src_.shape()[0] == target_.shape()[0];
  require<ShapeError>(paired, name_, ": src and target must have as many rows, got ", src_.shape(),
                      " and ", target_.shape());
}

void InMemoryDataset::set_scaling(float scale, float shift) {
  scale_ = scale;
  shift_ = shift;
}

std::uint32_t InMemoryDataset::checksum() const {
  return checksum_of(src_, target_);
}

void InMemoryDataset::read(std::span<const std::int64_t> indices, std::uint64_t, Tensor& src,
                           Tensor& target) const {
  check_destination(*this, "src", src, src_shape(), indices.size());
  check_destination(*this, "target", target, target_shape(), indices.size());
  check_indices(*this, indices);

  const std::int64_t src_row = src_.shape().row_size();
  const std::int64_t target_row = target_.shape().row_size();
  const bool as_it_is = src_.dtype() == DType::float32 && scale_ == 1.0f && shift_ == 0.0f;
  float* const src_begin = src.data<float>();
  float* const target_begin = target.data<float>();
  parallel_for(std::ssize(indices), row_pieces(src_row), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t index = indices[static_cast<std::size_t>(row)];
      float* const src_to = src_begin + row * src_row;
      if (src_.dtype() == DType::uint8)
        scale_row(src_.data<std::uint8_t>() + index * src_row, src_to, src_row, scale_, shift_);
      else if (as_it_is)
        std::copy_n(src_.data<float>() + index * src_row, src_row, src_to);
      else
        scale_row(src_.data<float>() + index * src_row, src_to, src_row, scale_, shift_);
      std::copy_n(target_.data<float>() + index * target_row, target_row,
                  target_begin + row * target_row);
    }
  });
}

SubsetDataset::SubsetDataset(std::shared_ptr<const Dataset> whole, std::int64_t begin,
                             std::int64_t count)
    : whole_(std::move(whole)), begin_(begin), count_(count) {
  require<DataError>(whole_ != nullptr, "subset: the whole data set is missing");
  const std::int64_t size = whole_->size();
  // Written so that nothing can overflow.
  const bool inside = begin_ >= 0 && count_ >= 0 && begin_ <= size && count_ <= size - begin_;
  require<DataError>(inside, whole_->name(), ": a subset of ", count_, " examples from ", begin_,
                     " on does not fit into ", size);
}

void SubsetDataset::read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
                         Tensor& target) const {
  check_indices(*this, indices);
  std::vector<std::int64_t> moved(indices.begin(), indices.end());
  for (std::int64_t& index : moved) index += begin_;
  whole_->read(moved, step, src, target);
}

}  // namespace credence
