#include "credence/config/config_node.h"

#include <algorithm>
#include <utility>

namespace credence {

bool ConfigNode::has_override() const {
  return overridden || std::ranges::any_of(items, &ConfigNode::has_override);
}

const ConfigNode* ConfigNode::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[found - keys.begin()];
}

ConfigNode* ConfigNode::find(std::string_view key) {
  return const_cast<ConfigNode*>(std::as_const(*this).find(key));
}

void ConfigNode::erase(std::string_view key) {
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found == keys.end()) return;
  items.erase(items.begin() + (found - keys.begin()));
  keys.erase(found);
}

std::string ConfigNode::where() const {
  if (!origin) return "";
  return line > 0 ? *origin + ":" + std::to_string(line) : *origin;
}

std::string ConfigNode::summary() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::sequence:
      return "a list";
    case Kind::mapping:
      return "a mapping";
    case Kind::scalar:
      break;
  }
  constexpr std::size_t longest = 60;
  const std::string shown = text.size() > longest ? text.substr(0, longest) + "..." : text;
  return "\"" + shown + (quoted ? "\" in quotes" : "\"");
}

}  // namespace credence
