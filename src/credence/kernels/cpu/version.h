#pragma once

#include <string>

namespace credence::cpu {

/// Version of the oneDNN library that is linked: "2.7.3".
std::string onednn_version();

}  // namespace credence::cpu
