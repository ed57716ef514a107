#include "credence/data/validation_split.h"

#include <cmath>
#include <utility>

#include "credence/base/errors.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

/// The examples of another data set in the order of a permutation.
class PermutedDataset final : public Dataset {
 public:
  PermutedDataset(std::shared_ptr<const Dataset> whole, NoiseKey key)
      : whole_(std::move(whole)), order_(static_cast<std::uint64_t>(whole_->size()), key, 0) {}

  std::string name() const override { return whole_->name(); }
  std::int64_t size() const override { return whole_->size(); }
  Shape src_shape() const override { return whole_->src_shape(); }
  Shape target_shape() const override { return whole_->target_shape(); }
  TargetInfo target_info() const override { return whole_->target_info(); }
  std::vector<Units> src_units() const override { return whole_->src_units(); }
  std::vector<std::string> src_labels() const override { return whole_->src_labels(); }
  bool is_in_memory() const override { return whole_->is_in_memory(); }
  void read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
            Tensor& target) const override {
    std::vector<std::int64_t> moved(indices.begin(), indices.end());
    for (std::int64_t& index : moved)
      index = static_cast<std::int64_t>(order_(static_cast<std::uint64_t>(index)));
    whole_->read(moved, step, src, target);
  }

 private:
  std::shared_ptr<const Dataset> whole_;
  Permutation order_;
};

}  // namespace

ValidationSplit split_validation(const std::shared_ptr<const Dataset>& whole, double share,
                                 std::uint64_t seed) {
  if (share == 0) return {whole, nullptr};
  const std::int64_t size = whole->size();
  const std::int64_t held_out = std::llround(share * static_cast<double>(size));
  require<ConfigError>(held_out > 0 && held_out<size, "data.validation_split: ", share, " of ",
                                                size, " examples is ", held_out> 0
                           ? "all"
                           : "none");
  const auto permuted =
      std::make_shared<PermutedDataset>(whole, noise_key(seed, Stream::shuffle, "validation"));
  const std::int64_t kept = size - held_out;
  return {std::make_shared<SubsetDataset>(permuted, 0, kept),
          std::make_shared<SubsetDataset>(permuted, kept, held_out)};
}

}  // namespace credence
