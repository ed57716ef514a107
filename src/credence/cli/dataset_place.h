#pragma once

#include <string>

namespace credence::cli {

/// Where a data set's files are, and which of the places looked at that is: for tables.
std::string dataset_place(const std::string& name);

}  // namespace credence::cli
