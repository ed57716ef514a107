#pragma once

#include <filesystem>
#include <memory>

#include "credence/data/dataset.h"

namespace credence {

/// Inputs without targets, to predict: an IDX file of images, or an .npz file whose array is called
/// `x` or `x_test`, or is the only one. Bytes are read as value / 255. A missing last axis of one
/// channel is added. Targets read as 0.
///
/// Errors  DataError, naming the file, if it has no such array, or if one example of it has not the
///         shape of those of `like`. IoError if it cannot be read.
std::shared_ptr<const Dataset> read_inputs(const std::filesystem::path& path, const Dataset& like);

}  // namespace credence
