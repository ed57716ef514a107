#include "credence/data/datasets.h"

#include <utility>
#include <vector>

namespace credence {

const Registry<DatasetInfo>& datasets() {
  static const Registry<DatasetInfo> table("data set", [] {
    std::vector<std::pair<std::string, DatasetInfo>> entries;
    for_each_dataset([&](const auto& kind) {
      DatasetInfo info{
          .description = kind.description, .source = std::nullopt, .has_path = kind.has_path};
      if (kind.source) info.source = kind.source();
      entries.emplace_back(kind.name, std::move(info));
    });
    return entries;
  }());
  return table;
}

}  // namespace credence
