#pragma once

#include <string>

#include "credence/config/config_node.h"

namespace credence {

/// The single YAML document in `text`, aliases expanded; null if there is none. `origin` is what
/// messages call it.
///
/// Errors  ConfigError with origin:line:column for bad syntax, a repeated key, a key that is no
///         word, a tag, a second document, text that is not UTF-8, more than 1 MiB of it, lists
///         and mappings nested deeper than 64, or aliases that expand to too much.
ConfigNode parse_yaml(const std::string& text, const std::string& origin);

/// One key a line, ending in a newline; lists without mappings stay on their line.
std::string emit_yaml(const ConfigNode& node);

/// All on one line: "[5, 5]".
std::string emit_inline(const ConfigNode& node);

constexpr int max_yaml_depth = 64;
constexpr int max_yaml_bytes = 1 << 20;

}  // namespace credence
