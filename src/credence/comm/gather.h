#pragma once

#include <string>
#include <vector>

#include "credence/comm/communicator.h"

namespace credence {

/// Every rank's text, in rank order, on all ranks. Collective. For a few hundred bytes a rank.
std::vector<std::string> all_gather_text(Communicator& communicator, const std::string& text);

}  // namespace credence
