#pragma once

#include <filesystem>

#include "credence/tensor/tensor.h"

namespace credence {

/// A text file of numbers, a row a line, as float64 [rows, columns]. Cells are separated by the
/// first of comma, semicolon, tab and blanks that the first line has in it; that line is skipped if
/// it has a word in it. Blanks around cells, a byte order mark, CRLF and empty lines at the end are
/// ignored.
///
/// Errors  DataError, naming file, line and column, for a cell that is no finite number and a row
/// of
///         another length; [0, columns] is what a file without rows gives. IoError if it cannot be
///         read.
Tensor read_feature_rows(const std::filesystem::path& path);

}  // namespace credence
