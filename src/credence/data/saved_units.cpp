#include "credence/data/saved_units.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// What of a data set has units: the names of its tensors.
struct Names {
  const char* scale;
  const char* shift;
};
constexpr Names src_names{"data.src_scale", "data.src_shift"};
constexpr Names target_names{"data.target_scale", "data.target_shift"};

void add_units(const Names& names, const std::vector<Units>& units,
               std::vector<NamedTensor>& tensors) {
  if (units.empty()) return;
  Tensor scale({std::ssize(units)}, DType::float64), shift({std::ssize(units)}, DType::float64);
  for (std::size_t i = 0; i < units.size(); ++i) {
    scale.span<double>()[i] = units[i].scale;
    shift.span<double>()[i] = units[i].shift;
  }
  tensors.push_back({names.scale, scale});
  tensors.push_back({names.shift, shift});
}

const Tensor* find(std::span<const NamedTensor> tensors, const char* name) {
  const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
  return found == tensors.end() ? nullptr : &found->tensor;
}

/// The units of `count` elements; none if there are none.
std::vector<Units> units_in(std::span<const NamedTensor> tensors, const Names& names,
                            std::int64_t count, const std::string& where) {
  const Tensor* const scale = find(tensors, names.scale);
  const Tensor* const shift = find(tensors, names.shift);
  if (!scale && !shift) return {};
  const Shape expected{count};
  for (const auto& [name, tensor] : {std::pair(names.scale, scale), std::pair(names.shift, shift)})
    require<DataError>(tensor && tensor->dtype() == DType::float64 && tensor->shape() == expected,
                       where, ": tensor \"", name, "\": expected float64 ", expected, ", got ",
                       tensor ? concat(name_of(tensor->dtype()), " ", tensor->shape()) : "none");
  std::vector<Units> units;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    units.push_back({.scale = scale->span<double>()[i], .shift = shift->span<double>()[i]});
    const bool usable =
        std::isfinite(units[i].shift) && std::isfinite(units[i].scale) && units[i].scale != 0;
    require<DataError>(usable, where, ": units ", names.scale, " ", units[i].scale, ", ",
                       names.shift, " ", units[i].shift, " cannot be used");
  }
  return units;
}

/// The first rows of `values` from some units to others.
void convert(Tensor& values, std::size_t rows, const std::vector<Units>& from,
             const std::vector<Units>& to) {
  if (from == to) return;
  const std::size_t width = std::max(from.size(), to.size());
  const std::span<float> elements = values.span<float>().first(rows * width);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const Units given = from.empty() ? Units{} : from[i % width];
    const Units wanted = to.empty() ? Units{} : to[i % width];
    const double own = elements[i] * given.scale + given.shift;
    elements[i] = static_cast<float>((own - wanted.shift) / wanted.scale);
  }
}

class ConvertedDataset final : public Dataset {
 public:
  ConvertedDataset(std::shared_ptr<const Dataset> whole, std::vector<Units> src_units,
                   std::vector<Units> target_units)
      : whole_(std::move(whole)),
        src_units_(std::move(src_units)),
        target_units_(std::move(target_units)) {}

  std::string name() const override { return whole_->name(); }
  std::int64_t size() const override { return whole_->size(); }
  Shape src_shape() const override { return whole_->src_shape(); }
  Shape target_shape() const override { return whole_->target_shape(); }
  TargetInfo target_info() const override {
    TargetInfo info = whole_->target_info();
    info.units = target_units_;
    return info;
  }
  std::vector<Units> src_units() const override { return src_units_; }
  std::vector<std::string> src_labels() const override { return whole_->src_labels(); }
  void read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
            Tensor& target) const override {
    whole_->read(indices, step, src, target);
    convert(src, indices.size(), whole_->src_units(), src_units_);
    convert(target, indices.size(), whole_->target_info().units, target_units_);
  }

 private:
  std::shared_ptr<const Dataset> whole_;
  std::vector<Units> src_units_;
  std::vector<Units> target_units_;
};

}  // namespace

std::vector<NamedTensor> units_to_save(const Dataset& data) {
  std::vector<NamedTensor> tensors;
  add_units(src_names, data.src_units(), tensors);
  add_units(target_names, data.target_info().units, tensors);
  return tensors;
}

std::shared_ptr<const Dataset> in_saved_units(const std::shared_ptr<const Dataset>& data,
                                              std::span<const NamedTensor> saved,
                                              const std::string& where) {
  std::vector<Units> src = units_in(saved, src_names, data->src_shape().size(), where);
  std::vector<Units> target = units_in(saved, target_names, data->target_shape().size(), where);
  const std::vector<Units> given_src = data->src_units(), given_target = data->target_info().units;
  if (src == given_src && target == given_target) return data;
  const bool known =
      (given_src.empty() || !src.empty()) && (given_target.empty() || !target.empty());
  require<DataError>(known, where, ": holds no units (", src_names.scale, ", ...), and data set \"",
                     data->name(), "\" is standardised; if the network was trained on data that ",
                     "were not, add data.standardise=false");
  return std::make_shared<ConvertedDataset>(data, std::move(src), std::move(target));
}

}  // namespace credence
