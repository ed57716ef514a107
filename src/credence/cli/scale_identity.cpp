#include "credence/cli/scale_identity.h"

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/version.h"

namespace credence::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json json_of(const StudyIdentity& identity) {
  Json json{{"version", version()},        {"steps", identity.steps}, {"warm_up", identity.warm_up},
            {"threads", identity.threads}, {"hosts", identity.hosts}, {"bind_to", identity.bind_to},
            {"recipes", Json::object()}};
  for (const auto& [name, digest] : identity.recipes) json["recipes"][name] = digest;
  return json;
}

Json read_identity(const fs::path& file) {
  const Json json = Json::parse(read_file(file), nullptr, false);
  require<DataError>(json.is_object() && json.contains("recipes") && json["recipes"].is_object(),
                     file.string(), ": expected what a study is of, got something else");
  return json;
}

/// Of all but the recipes, which may be added to.
void require_same(const fs::path& directory, const Json& before, const Json& now) {
  for (const auto& [key, value] : now.items()) {
    if (key == "recipes") continue;
    const Json old = before.value(key, Json());
    require<ConfigError>(old == value, directory.string(), ": it is of a study with ", key, " ",
                         old.dump(), ", got ", value.dump(), "; choose another --output");
  }
  for (const auto& [name, digest] : now["recipes"].items())
    require<ConfigError>(!before["recipes"].contains(name) || before["recipes"][name] == digest,
                         directory.string(), ": it is of a study with another configuration of ",
                         name, "; choose another --output");
}

}  // namespace

void keep_identity(const fs::path& directory, const StudyIdentity& identity) {
  const fs::path file = directory / "study.json";
  Json json = json_of(identity);
  std::error_code error;
  if (fs::exists(file, error)) {
    const Json before = read_identity(file);
    require_same(directory, before, json);
    for (const auto& [name, digest] : before["recipes"].items()) json["recipes"][name] = digest;
  } else {
    require<CreateError>(!fs::exists(directory, error) || fs::is_empty(directory, error),
                         directory.string(), ": it exists, and is no scaling study");
    make_directories(directory);
  }
  write_file(file, json.dump(2) + "\n");
}

}  // namespace credence::cli
