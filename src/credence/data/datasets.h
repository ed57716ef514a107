#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "credence/base/registry.h"
#include "credence/data/csv.h"
#include "credence/data/dataset.h"
#include "credence/data/digits.h"
#include "credence/data/mnist.h"
#include "credence/data/source.h"
#include "credence/data/uci.h"

namespace credence {

/// A kind of data set: how one is made from its options.
template <class OptionsType>
struct DatasetKind {
  using Options = OptionsType;

  std::string name;
  std::string description;
  DataSplits (*load)(const Options&);
  /// Where its files come from; null for a kind that needs none, or none but those that its options
  /// name. A kind with a source has an option `path`, which holds where they are by the time that
  /// `load` is called.
  DatasetSource (*source)() = nullptr;
  /// The files that `load` reads; null for a kind that reads none.
  std::vector<std::filesystem::path> (*files)(const Options&) = nullptr;

  static constexpr bool has_path = requires(OptionsType options) { options.path; };
};

/// The table of data sets, one line each. `visit` is called with every DatasetKind.
template <class Visitor>
void for_each_dataset(Visitor&& visit) {
  visit(DatasetKind<MnistOptions>{"mnist", "70,000 handwritten digits, 28 x 28", load_mnist,
                                  mnist_source, mnist_files});
  visit(DatasetKind<DigitsOptions>{"digits", "70,000 made-up handwritten digits, 28 x 28",
                                   make_digits});
  visit(DatasetKind<CsvOptions>{"csv", "a regression from a table in a file", load_csv, nullptr,
                                csv_files});
  visit(DatasetKind<UciOptions>{"uci", "a regression with given splits, as those of UCI's sets",
                                load_uci, nullptr, uci_files});
}

/// What is known of a data set without its options.
struct DatasetInfo {
  std::string description;
  std::optional<DatasetSource> source;
  bool has_path = false;  ///< whether the option data.path says where its files are
};

/// The same table, to list, resolve and fetch.
const Registry<DatasetInfo>& datasets();

/// Calls visit(kind) with the DatasetKind of that name, so that any data set can be made:
///
///   with_dataset(name, [&](const auto& kind) {
///     typename std::decay_t<decltype(kind)>::Options options;
///     reader.read(options);
///     splits = load_dataset(kind, options);
///   });
///
/// ConfigError, naming the closest one, if there is none.
template <class Visitor>
void with_dataset(const std::string& name, Visitor&& visit) {
  datasets().find(name);
  for_each_dataset([&](const auto& kind) {
    if (kind.name == name) visit(kind);
  });
}

/// Makes sure that a data set's files are on disk, by a download if need be: for one process.
/// DataError that says what was tried, and what can be done without them.
template <class Options>
void fetch_dataset(const DatasetKind<Options>& kind, const Options& options) {
  if constexpr (DatasetKind<Options>::has_path) {
    if (!kind.source) return;
    try {
      resolve_or_fetch(kind.source(), options.path);
    } catch (const DataError& error) {
      if (!options.path.empty()) throw;
      throw DataError(concat(error.what(), "\ngive its place as data.path, or add ",
                             "data.name=digits, which needs no file"));
    }
  }
}

/// Loads a data set, whose files must be on disk by now: at options.path, or where resolve finds
/// them. DataError that says where they were looked for.
template <class Options>
DataSplits load_dataset(const DatasetKind<Options>& kind, Options options) {
  if constexpr (DatasetKind<Options>::has_path)
    if (kind.source) {
      const SourceResolution resolution = resolve(kind.source(), options.path);
      require<DataError>(resolution.found(), kind.name, ": not found", resolution.text());
      options.path = resolution.path.string();
    }
  return kind.load(options);
}

/// The files that load_dataset reads, which must be on disk by now.
template <class Options>
std::vector<std::filesystem::path> dataset_files(const DatasetKind<Options>& kind,
                                                 Options options) {
  if (!kind.files) return {};
  if constexpr (DatasetKind<Options>::has_path)
    if (kind.source) options.path = resolve(kind.source(), options.path).path.string();
  return kind.files(options);
}

}  // namespace credence
