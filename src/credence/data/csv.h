#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "credence/data/dataset.h"
#include "credence/data/text_table.h"

namespace credence {

struct CsvOptions {
  std::string path;  ///< relative to the current directory
  /// Columns to predict: names of the header, or numbers, from 1, or from -1 backwards.
  std::vector<std::string> target = {"-1"};
  TableHeader header = TableHeader::detect;  ///< auto: the first line is one if no cell is a number
  /// One character, or "tab"; "whitespace", or " ", is any run of blanks and tabs; "auto" the first
  /// of comma, semicolon, tab and blanks that the first line has in it.
  std::string delimiter = "auto";
  double test_fraction = 0.1;  ///< of the rows, rounded; in [0, 1)
  bool standardise = true;     ///< mean 0 and variance 1 of every column in training
  std::uint64_t seed = 0;      ///< of the split

  template <class Visitor>
  void visit(Visitor& v) {
    v("path", path);
    v("target", target);
    v("header", header);
    v("delimiter", delimiter);
    v("test_fraction", test_fraction);
    v("standardise", standardise);
    v("seed", seed);
  }
};

/// A regression from a table of numbers in a text file: inputs are the columns that are no target,
/// in their order. See text_table.h for what a file may look like.
///
/// Rows are shuffled and split by a permutation under Stream::shuffle of "csv"; the first part is
/// the test set, null if it has no row. Columns are standardised by the mean and the standard
/// deviation (a division by n) of the training part, one that is constant there only shifted.
///
/// Units   as in the file, or standardised; then TargetInfo::units and src_units() tell the way
///         back, so that predictions, metrics and new inputs are in the file's units, while the
///         loss is not.
/// Errors  ConfigError for options out of range, a target that is no column or given twice, or none
///         left to predict from. DataError, naming file, line and column, for a cell that is empty,
///         no number or not finite in float32, a row of another length, and a file without rows or
///         that is not there. IoError if it cannot be read.
DataSplits load_csv(const CsvOptions& options);

std::vector<std::filesystem::path> csv_files(const CsvOptions& options);

}  // namespace credence
