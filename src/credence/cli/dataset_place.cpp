#include "credence/cli/dataset_place.h"

#include "credence/data/datasets.h"

namespace credence::cli {

std::string dataset_place(const std::string& name) {
  const DatasetInfo& info = datasets().find(name);
  if (!info.source) return info.has_path ? "where data.path says" : "made on the fly";
  const SourceResolution resolution = resolve(*info.source, "");
  return resolution.found() ? concat(resolution.path.string(), " (", resolution.place, ")")
                            : "not here; credence data get " + name;
}

}  // namespace credence::cli
