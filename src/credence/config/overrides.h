#pragma once

#include <functional>
#include <string>

#include "credence/config/option_reader.h"

namespace credence {

// What an override means for the rest of the section that the file gives. Call these before the
// section's options are read.

/// Of two options that exclude each other, keys dotted, one that an override gives takes the
/// place of the other in the file. 0 and null are not giving.
void prefer_override(OptionReader& section, const std::string& one, const std::string& other);

/// The name in the file (`fallback` if it has none) where an override of `key` names another thing;
/// else empty.
std::string replaced_name(const OptionReader& section, const std::string& key,
                          const std::string& fallback);

/// Where an override of `key` names another thing than the file does, the options in the file that
/// only the old one has are forgotten. `options_of` tells what a thing of that name has.
void forget_replaced(
    OptionReader& section, const std::string& key, const std::string& fallback,
    const std::function<std::vector<OptionInfo>(const std::string& name)>& options_of);

}  // namespace credence
