#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "credence/data/dataset.h"

namespace credence {

/// How far the inputs of training reach: others that reach ten times as far may be bytes, or in
/// other units.
class InputScale {
 public:
  /// Looks at the first thousand examples.
  explicit InputScale(const Dataset& like);

  /// What to say of inputs, in the units of those; empty if nothing.
  std::string warning(const Dataset& inputs) const;

 private:
  float known_;
  bool is_standardised_;
};

/// Inputs without targets, to predict, from a file whose first bytes tell what it is: an .npz
/// archive whose array is called `x` or `x_test`, or is the only one; an .npy array; an IDX file of
/// images, packed with gzip or not; or rows of numbers as text (CSV). Bytes are read to the bit as
/// those of training, value / 255, or as they are if inputs have units. A missing last axis of one
/// channel is added. Targets read as 0.
///
/// `like` are examples as the network was trained on, in whose src_units() the inputs are. If both
/// name their columns, those of the file are put into the order of `like`.
///
/// Warns   of InputScale.
/// Errors  DataError, naming the file, if it is none of these, has no such array or no example, if
///         one example of it has not the shape of those of `like`, or columns of other names, or if
///         a number, in those units, is not finite in float32. IoError if it cannot be read.
std::shared_ptr<const Dataset> read_inputs(const std::filesystem::path& path, const Dataset& like);

/// The same of an array in memory, [n, ...] of uint8, float32 or float64, which `where` names in
/// messages. Without the warning.
std::shared_ptr<const Dataset> inputs_of(const Tensor& array, const std::string& where,
                                         const Dataset& like);

}  // namespace credence
