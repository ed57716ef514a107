#include "credence/config/config_file.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/config/yaml.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

/// The names of what in `directory` may be meant by a configuration file.
std::vector<std::string> yaml_files(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string extension = entry->path().extension().string();
    if (extension == ".yaml" || extension == ".yml")
      names.push_back(entry->path().filename().string());
  }
  return names;
}

[[noreturn]] void fail_missing(const fs::path& path) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code ignored;
  std::string hint;
  if (!fs::is_directory(directory, ignored)) {
    hint = concat("; there is no directory \"", directory.string(), "\" either");
  } else if (const std::string near = suggestion(path.filename().string(), yaml_files(directory));
             !near.empty()) {
    hint = concat("; did you mean \"", (path.parent_path() / near).string(), "\"?");
  }
  throw ConfigError(
      concat("expected a configuration file, there is no \"", path.string(), "\"", hint));
}

std::string read_text(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) fail_missing(path);
  require<ConfigError>(!fs::is_directory(path, ignored),
                       "expected a configuration file, got the directory \"", path, "\"");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  require<IoError>(file.is_open(), "cannot read ", path, ": ", std::strerror(errno));
  std::string text(max_yaml_bytes + 1, '\0');  // one more than parse_yaml takes
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  require<IoError>(!file.bad(), "cannot read ", path, ": ", std::strerror(errno));
  text.resize(file.gcount());
  return text;
}

/// Says of the node, and all in it, that the command line gives it: a line number means nothing.
void mark_overridden(ConfigNode& node) {
  node.origin = std::make_shared<const std::string>("command line");
  node.line = 0;
  node.overridden = true;
  for (ConfigNode& item : node.items) mark_overridden(item);
}

ConfigNode& enter_item(ConfigNode& list, const std::string& step, const std::string& key) {
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool number = error == std::errc() && stop == step.data() + step.size();
  require<ConfigError>(number && index < list.items.size(), "cannot set ", key, ": expected an ",
                       "index into a list of ", list.items.size(), " items, from 0, got \"", step,
                       "\"");
  return list.items[index];
}

ConfigNode& enter_mapping(ConfigNode& node, const std::string& step, const std::string& key) {
  if (node.is_scalar() && !node.quoted && !node.text.empty() &&
      std::isalpha(static_cast<unsigned char>(node.text[0]))) {
    // A thing that is only named: `Adam` is `{type: Adam}`.
    ConfigNode named = node;
    named.items = {node};
    named.keys = {"type"};
    named.kind = ConfigNode::Kind::mapping;
    named.text.clear();
    node = std::move(named);
  }
  require<ConfigError>(!node.is_scalar(), "cannot set ", key, ": \"", step, "\" goes into ",
                       node.summary(), ", which is no section",
                       node.origin ? " (" + node.where() + ")" : "");
  node.kind = ConfigNode::Kind::mapping;
  if (ConfigNode* found = node.find(step)) return *found;
  node.keys.push_back(step);
  node.items.emplace_back();
  mark_overridden(node.items.back());
  return node.items.back();
}

/// `Conv2D: {filters: 64}` as `{type: Conv2D, filters: 64}`.
void spell_out(ConfigNode& node) {
  ConfigNode name = node.items[0];
  name.kind = ConfigNode::Kind::scalar;
  name.text = node.keys[0];
  name.keys.clear();
  name.items.clear();
  ConfigNode options = std::move(node.items[0]);
  options.kind = ConfigNode::Kind::mapping;
  options.keys.insert(options.keys.begin(), "type");
  options.items.insert(options.items.begin(), std::move(name));
  node = std::move(options);
}

/// The options in `Conv2D: {filters: 64}`; the node itself if it has another form.
ConfigNode& past_name(ConfigNode& node, const std::string& step) {
  const bool block = node.is_mapping() && node.keys.size() == 1 && node.keys[0] != step &&
                     std::isupper(static_cast<unsigned char>(node.keys[0][0])) &&
                     (node.items[0].is_mapping() || node.items[0].is_null());
  if (block && step == "type") spell_out(node);
  return block && step != "type" ? node.items[0] : node;
}

}  // namespace

ConfigNode load_config(const std::string& path, std::span<const std::string> overrides) {
  ConfigNode config = parse_yaml(read_text(path), path);
  require<ConfigError>(config.is_mapping() || config.is_null(), path,
                       ": expected sections such as \"model:\", got ", config.summary());
  config.kind = ConfigNode::Kind::mapping;
  for (const std::string& assignment : overrides) apply_override(config, assignment);
  return config;
}

void apply_override(ConfigNode& config, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  require<UsageError>(equals != std::string::npos && equals > 0,
                      "expected a key and its value, such as seed=3, got \"", assignment, "\"");
  const std::string key = assignment.substr(0, equals);
  ConfigNode value = parse_yaml(assignment.substr(equals + 1), key + "=");
  mark_overridden(value);
  ConfigNode& place = make_place(config, key);
  // As a shell variable that is not set leaves it; a whole section would be gone.
  const bool is_blank = assignment.find_first_not_of(" \t\n", equals + 1) == std::string::npos;
  const bool drops = is_blank && (place.is_mapping() || place.is_sequence());
  require<ConfigError>(!drops, key, ": expected ", place.summary(), ", got nothing; ", key,
                       "=null asks for its defaults (command line)");
  value.replaced = place.overridden ? place.replaced : place.text;
  place = std::move(value);
}

ConfigNode& make_place(ConfigNode& config, const std::string& dotted_key) {
  ConfigNode* place = &config;
  std::size_t begin = 0;
  int depth = 0;
  while (begin <= dotted_key.size()) {
    const std::size_t end = std::min(dotted_key.find('.', begin), dotted_key.size());
    const std::string step = dotted_key.substr(begin, end - begin);
    require<UsageError>(!step.empty(), "expected a key such as train.epochs, got \"", dotted_key,
                        "\"");
    require<ConfigError>(++depth <= max_yaml_depth, "expected a key of at most ", max_yaml_depth,
                         " parts, got more: \"", dotted_key.substr(0, 60), "...\"");
    ConfigNode& section = past_name(*place, step);
    place = section.is_sequence() ? &enter_item(section, step, dotted_key)
                                  : &enter_mapping(section, step, dotted_key);
    begin = end + 1;
  }
  return *place;
}

}  // namespace credence
