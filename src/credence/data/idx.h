#pragma once

#include <filesystem>

#include "credence/tensor/tensor.h"

namespace credence {

/// Reads an IDX file of bytes, the format of MNIST, packed with gzip or not: a uint8 tensor of
/// `rank` axes.
///
/// Errors  DataError, naming the file, what was expected and what came: for another magic number,
///         another element type or rank, a file that is cut short, too long or damaged, or a header
///         that announces more than the file can hold (told before memory is taken). IoError if it
///         cannot be read.
/// Source  Y. LeCun, "The MNIST database", section "File formats".
Tensor read_idx(const std::filesystem::path& path, int rank);

}  // namespace credence
