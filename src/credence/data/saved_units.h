#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "credence/data/dataset.h"
#include "credence/tensor/parameter.h"

namespace credence {

/// The units of a data set's inputs and targets as float64 tensors [n], to be saved with what was
/// trained on it: "data.src_scale", "data.src_shift", "data.target_scale", "data.target_shift".
/// None of what is given in its own units.
std::vector<NamedTensor> units_to_save(const Dataset& data);

/// The data set, given in the units that were saved: a network has to see numbers on the scale that
/// it was trained on, wherever they come from. It is `data` itself if it is in them.
///
/// Errors  DataError, naming `where`, if they fit neither the data nor each other, or if none were
///         saved and the data have some.
std::shared_ptr<const Dataset> in_saved_units(const std::shared_ptr<const Dataset>& data,
                                              std::span<const NamedTensor> saved,
                                              const std::string& where);

}  // namespace credence
