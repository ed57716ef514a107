#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "credence/tensor/tensor.h"

namespace credence {

/// own = given * scale + shift.
struct Units {
  double scale = 1;
  double shift = 0;

  bool operator==(const Units&) const = default;
};

/// What an example's target means.
struct TargetInfo {
  std::int64_t classes = 0;         ///< number of classes; 0 for regression
  std::vector<std::string> labels;  ///< class or target names, may be empty
  std::vector<Units> units{};       ///< of each target's own; empty: it is given in them
};

/// Targets [n, ...], or predictions of them, from the units they are given in to their own.
/// ShapeError if a row does not hold an element for each of info.units.
void to_own_units(Tensor& targets, const TargetInfo& info);
/// Added to a negative log-density of given targets it gives that of own ones: the sum over targets
/// of log |scale|.
double log_scale(const TargetInfo& info);
/// to_own_units for distances between targets, such as a standard deviation.
void to_own_scale(Tensor& distances, const TargetInfo& info);
/// float64 values [n, ...] from their own units to those they are given in. ShapeError likewise.
void to_given_units(Tensor& values, std::span<const Units> units);

/// Examples of one shape. Inputs and targets are float32: the target of a classification is the
/// class index, one element an example.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::string name() const = 0;
  virtual std::int64_t size() const = 0;
  virtual Shape src_shape() const = 0;     ///< of one example: [28, 28, 1]
  virtual Shape target_shape() const = 0;  ///< of one example: [1]
  virtual TargetInfo target_info() const = 0;
  /// Of the elements of an example's source; empty: they are given in their own.
  virtual std::vector<Units> src_units() const { return {}; }
  /// Names of the elements of an example's source; empty: they have none.
  virtual std::vector<std::string> src_labels() const { return {}; }
  /// Whether a read is but a copy.
  virtual bool is_in_memory() const { return false; }

  /// CRC-32C of the examples, or of some of those that are made when they are read: to be compared
  /// with what another process has.
  virtual std::uint32_t checksum() const;

  /// Copies the examples `indices` to the first rows of src [n, ...] and target [n, ...]. `step`
  /// keys whatever is drawn on the fly (augmentation, simulation). May be called from several
  /// threads.
  virtual void read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
                    Tensor& target) const = 0;
};

/// The parts of a named data set. `test` may be null.
struct DataSplits {
  std::shared_ptr<const Dataset> train;
  std::shared_ptr<const Dataset> test;
};

/// Examples held in memory: uint8 (read as value * scale + shift) or float32.
class InMemoryDataset : public Dataset {
 public:
  /// src [n, ...] uint8 or float32; target [n, k] float32.
  InMemoryDataset(std::string name, Tensor src, Tensor target, TargetInfo info);

  /// Read uint8 or float inputs as value * scale + shift. The default for uint8 is 1/255 and 0.
  void set_scaling(float scale, float shift);
  void set_src_units(std::vector<Units> units) { src_units_ = std::move(units); }
  void set_src_labels(std::vector<std::string> labels) { src_labels_ = std::move(labels); }

  std::string name() const override { return name_; }
  std::int64_t size() const override { return src_.shape()[0]; }
  Shape src_shape() const override { return src_.shape().without_leading(); }
  Shape target_shape() const override { return target_.shape().without_leading(); }
  TargetInfo target_info() const override { return info_; }
  std::vector<Units> src_units() const override { return src_units_; }
  std::vector<std::string> src_labels() const override { return src_labels_; }
  bool is_in_memory() const override { return true; }
  std::uint32_t checksum() const override;
  void read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
            Tensor& target) const override;

 private:
  std::string name_;
  Tensor src_;
  Tensor target_;
  TargetInfo info_;
  std::vector<Units> src_units_;
  std::vector<std::string> src_labels_;
  float scale_;
  float shift_;
};

/// Examples [begin, begin + count) of another data set.
class SubsetDataset : public Dataset {
 public:
  SubsetDataset(std::shared_ptr<const Dataset> whole, std::int64_t begin, std::int64_t count);

  std::string name() const override { return whole_->name(); }
  std::int64_t size() const override { return count_; }
  Shape src_shape() const override { return whole_->src_shape(); }
  Shape target_shape() const override { return whole_->target_shape(); }
  TargetInfo target_info() const override { return whole_->target_info(); }
  std::vector<Units> src_units() const override { return whole_->src_units(); }
  std::vector<std::string> src_labels() const override { return whole_->src_labels(); }
  bool is_in_memory() const override { return whole_->is_in_memory(); }
  std::uint32_t checksum() const override { return whole_->checksum(); }
  void read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
            Tensor& target) const override;

 private:
  std::shared_ptr<const Dataset> whole_;
  std::int64_t begin_;
  std::int64_t count_;
};

}  // namespace credence
