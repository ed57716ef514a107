#include "credence/config/overrides.h"

#include <algorithm>

#include "credence/config/scalars.h"

namespace credence {
namespace {

const ConfigNode* find(const OptionReader& section, const std::string& dotted_key) {
  const ConfigNode* node = section.node();
  for (std::size_t begin = 0; node && begin <= dotted_key.size();) {
    const std::size_t end = std::min(dotted_key.find('.', begin), dotted_key.size());
    node = node->is_mapping() ? node->find(dotted_key.substr(begin, end - begin)) : nullptr;
    begin = end + 1;
  }
  return node;
}

bool gives(const ConfigNode* node) {
  double number = 1;
  return node && !node->is_null() && !(parse_scalar(node->text, number) && number == 0);
}

}  // namespace

void prefer_override(OptionReader& section, const std::string& one, const std::string& other) {
  const ConfigNode* const first = find(section, one);
  const ConfigNode* const second = find(section, other);
  if (!gives(first) || !gives(second) || first->overridden == second->overridden) return;
  section.forget(std::vector{first->overridden ? other : one});
}

std::string replaced_name(const OptionReader& section, const std::string& key,
                          const std::string& fallback) {
  const ConfigNode* const name = find(section, key);
  if (!name || !name->overridden) return "";
  const std::string& old = name->replaced.empty() ? fallback : name->replaced;
  return old == name->text ? "" : old;
}

void forget_replaced(
    OptionReader& section, const std::string& key, const std::string& fallback,
    const std::function<std::vector<OptionInfo>(const std::string& name)>& options_of) {
  const std::string old = replaced_name(section, key, fallback);
  if (old.empty()) return;
  const std::vector<OptionInfo> known = options_of(find(section, key)->text);
  std::vector<std::string> gone;
  for (const OptionInfo& option : options_of(old))
    if (std::ranges::count(known, option.key, &OptionInfo::key) == 0) gone.push_back(option.key);
  section.forget(gone);
}

}  // namespace credence
