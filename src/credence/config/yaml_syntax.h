#pragma once

#include <string>

namespace credence {

/// What a YAML parser's complaint about `text` means to a user: what was expected. `line` is where,
/// from 0.
std::string syntax_advice(const std::string& complaint, const std::string& text, int line);

}  // namespace credence
