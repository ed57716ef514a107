#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "credence/data/dataset.h"

namespace credence {

struct UciOptions {
  std::string path;         ///< the folder, relative to the current directory
  std::int64_t split = 0;   ///< counted from 0
  bool standardise = true;  ///< mean 0 and variance 1 of every column in training

  template <class Visitor>
  void visit(Visitor& v) {
    v("path", path);
    v("split", split);
    v("standardise", standardise);
  }
};

/// A regression with given splits, in a folder of text files as those of the UCI sets that methods
/// of inference are compared on:
///
///   data.txt                 rows of numbers between blanks
///   index_features.txt       columns to predict from, counted from 0
///   index_target.txt         the column to predict
///   n_splits.txt             how many splits there are
///   index_train_0.txt, ...   rows of a split's training part, counted from 0
///   index_test_0.txt, ...    and of its test part
///
/// Units   as those of load_csv: standardised by the split's training part.
/// Errors  ConfigError for a split that there is not. DataError, naming file and line, if a file is
///         missing or empty, a row is ragged, an index is none of a row or column, the target is
///         among the features, or a row in both parts. IoError if a file cannot be read.
/// Source  Hernandez-Lobato and Adams 2015, arXiv:1502.05336; the splits in this layout: Gal and
///         Ghahramani 2016, arXiv:1506.02142.
DataSplits load_uci(const UciOptions& options);

std::vector<std::filesystem::path> uci_files(const UciOptions& options);

/// n_splits.txt. DataError unless it holds one number of at least 1.
std::int64_t uci_splits(const std::filesystem::path& folder);

/// Whether the folder is meant as such a set: it has a data.txt and an n_splits.txt.
bool is_uci_folder(const std::filesystem::path& folder);

}  // namespace credence
