#pragma once

#include <span>
#include <string>

#include "credence/config/config_node.h"

namespace credence {

/// The configuration in a YAML file, changed by overrides in their order, each as for
/// apply_override. An empty file is an empty mapping.
///
/// Errors  ConfigError if there is no such file, naming the closest one; for a directory; if it is
///         not YAML (see parse_yaml) or no mapping. IoError if it cannot be read. UsageError for an
///         override without '='.
ConfigNode load_config(const std::string& path, std::span<const std::string> overrides = {});

/// Applies "train.epochs=5", its value read as YAML. Items of lists go by index, from 0:
/// "model.layers.0.filters=32". Missing sections are made. What it sets is marked as overridden,
/// for the rules of overrides.h.
///
/// Errors  UsageError without '=' or with an empty key; ConfigError if the value is not YAML, or
///         the key goes into something that is no section, or past the end of a list.
void apply_override(ConfigNode& config, const std::string& assignment);

/// The place that a dotted key names, made if it is missing. Steps through a name, as in
/// `Conv2D: {filters: 64}`: names of things are capitalised, keys are not.
///
/// Errors  ConfigError as apply_override.
ConfigNode& make_place(ConfigNode& config, const std::string& dotted_key);

}  // namespace credence
