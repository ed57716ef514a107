#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "credence/data/download.h"

namespace credence {

/// Where a data set's files come from.
struct DatasetSource {
  /// Its folder below the data directory and the cache: "mnist", "uci/boston". Empty if the data
  /// set needs no files.
  std::string folder;
  /// Why a path does not hold the data set: "has no train-images..."; empty if it does. Looks for
  /// files, not into them.
  std::function<std::string(const std::filesystem::path&)> missing;
  /// Sets of files, each enough alone, in the order to try; none if it cannot be downloaded.
  std::vector<std::vector<RemoteFile>> downloads;
};

/// The directories in which data sets are looked for. Either may be empty: not known.
struct DataPlaces {
  std::filesystem::path data;   ///< $CREDENCE_DATA_DIR
  std::filesystem::path cache;  ///< $XDG_CACHE_HOME/credence, or ~/.cache/credence

  static DataPlaces from_environment();
};

/// Where a data set is, or why it was not found in any place.
struct SourceResolution {
  std::filesystem::path path;  ///< empty if it was not found
  std::string place;           ///< which place that is: "data.path", "CREDENCE_DATA_DIR", "cache"
  std::vector<std::string> tried;  ///< each place looked at, with the reason why not

  bool found() const { return !path.empty(); }
  /// "\n  " and a line for each place.
  std::string text() const;
};

/// Looks for the data set: at `data_path` (the option data.path) if that is given, else in the data
/// directory, else in the cache. Nothing is downloaded.
///
/// Errors  DataError if `data_path` is given and does not hold the data set.
SourceResolution resolve(const DatasetSource& source, const std::string& data_path,
                         const DataPlaces& places = DataPlaces::from_environment());

/// Downloads the data set into the cache and returns its path there. Files that are already there,
/// with the right checksum, stay. Of several ranks that share a cache one calls this, and the
/// others resolve once it is done.
///
/// Errors  DataError, with each URL and its reason, if no set of files comes whole; CreateError,
///         IoError if the cache cannot be written.
std::filesystem::path fetch(const DatasetSource& source, const DownloadOptions& options = {},
                            const DataPlaces& places = DataPlaces::from_environment());

/// resolve, and fetch if that found nothing: for one process. DataError that says all that was
/// tried.
std::filesystem::path resolve_or_fetch(const DatasetSource& source, const std::string& data_path,
                                       const DownloadOptions& options = {},
                                       const DataPlaces& places = DataPlaces::from_environment());

}  // namespace credence
