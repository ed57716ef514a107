#pragma once

#include <string>
#include <vector>

#include "credence/data/dataset.h"
#include "credence/data/text_table.h"

namespace credence {

/// Which columns of a table are what, and which rows.
struct TableParts {
  std::string name;  ///< of the data sets
  std::vector<std::size_t> inputs{}, targets{};
  std::vector<std::size_t> train{}, test{};  ///< rows; without test rows there is no test set
  bool standardise = true;
};

/// A regression from a table. Columns are standardised by the mean and the standard deviation (a
/// division by n) of the training part, one that is constant there only shifted.
///
/// Units  as in the table, or standardised; then TargetInfo::units and src_units() tell the way
///        back.
DataSplits split_table(const TextTable& table, const TableParts& parts);

}  // namespace credence
