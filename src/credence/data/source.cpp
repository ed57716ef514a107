#include "credence/data/source.h"

#include <algorithm>
#include <cstdlib>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

fs::path path_in_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? fs::path(value) : fs::path();
}

/// Why the data set is not at `path`; empty if it is.
std::string reason_against(const DatasetSource& source, const fs::path& path) {
  std::error_code error;
  const bool exists = fs::exists(path, error);
  if (error) return error.message();
  return exists ? source.missing(path) : "does not exist";
}

bool is_there(const RemoteFile& file, const fs::path& folder) {
  std::error_code error;
  const fs::path path = folder / file.name;
  return fs::is_regular_file(path, error) && sha256_of_file(path) == file.sha256;
}

}  // namespace

DataPlaces DataPlaces::from_environment() {
  DataPlaces places{.data = path_in_environment("CREDENCE_DATA_DIR"), .cache = {}};
  const fs::path cache = path_in_environment("XDG_CACHE_HOME");
  const fs::path home = path_in_environment("HOME");
  // The XDG Base Directory Specification ignores relative paths.
  if (cache.is_absolute())
    places.cache = cache / "credence";
  else if (!home.empty())
    places.cache = home / ".cache" / "credence";
  return places;
}

std::string SourceResolution::text() const {
  std::string lines;
  for (const std::string& line : tried) lines += "\n  " + line;
  return lines;
}

SourceResolution resolve(const DatasetSource& source, const std::string& data_path,
                         const DataPlaces& places) {
  if (!data_path.empty()) {
    const std::string reason = reason_against(source, data_path);
    require<DataError>(reason.empty(), source.folder, ": data.path: ", data_path, " ", reason);
    return {.path = data_path, .place = "data.path", .tried = {}};
  }
  SourceResolution resolution;
  resolution.tried.emplace_back("data.path: not given");
  const auto look_in = [&](const std::string& what, const fs::path& place, const char* unknown) {
    if (resolution.found()) return;
    const fs::path path = place / source.folder;
    const std::string reason = place.empty() ? unknown : reason_against(source, path);
    if (reason.empty()) {
      resolution.path = path;
      resolution.place = what;
      return;
    }
    resolution.tried.push_back(
        concat(what, ": ", place.empty() ? "" : path.string() + " ", reason));
  };
  look_in("CREDENCE_DATA_DIR", places.data, "not set");
  look_in("cache", places.cache, "neither XDG_CACHE_HOME nor HOME is set");
  return resolution;
}

fs::path fetch(const DatasetSource& source, const DownloadOptions& options,
               const DataPlaces& places) {
  require<DataError>(!source.downloads.empty(), source.folder,
                     ": cannot be downloaded; give its place as data.path");
  require<CreateError>(!places.cache.empty(), source.folder,
                       ": no cache to download to: neither XDG_CACHE_HOME nor HOME is set");
  fs::path folder = places.cache / source.folder;
  std::string reasons;
  for (const std::vector<RemoteFile>& files : source.downloads) {
    try {
      for (const RemoteFile& file : files)
        if (!is_there(file, folder)) download(file, folder, options);
      return folder;
    } catch (const DataError& error) {
      reasons += concat("\n", error.what());
    }
  }
  throw DataError(concat(source.folder, ": cannot be downloaded", reasons));
}

fs::path resolve_or_fetch(const DatasetSource& source, const std::string& data_path,
                          const DownloadOptions& options, const DataPlaces& places) {
  const SourceResolution resolution = resolve(source, data_path, places);
  if (resolution.found()) return resolution.path;
  try {
    return fetch(source, options, places);
  } catch (const DataError& error) {
    throw DataError(concat(source.folder, ": not found", resolution.text(), "\n", error.what()));
  }
}

}  // namespace credence
