#pragma once

#include <string>
#include <vector>

#include "credence/comm/communicator.h"

namespace credence {

/// Every rank's text, in rank order, on all ranks. Collective. For a few hundred bytes a rank.
std::vector<std::string> all_gather_text(Communicator& communicator, const std::string& text);

/// The rows of every rank, float32, in one tensor of `total` rows, on all ranks: this one's are
/// those from `begin` on. Collective.
Tensor gather_rows(const Tensor& part, std::int64_t begin, std::int64_t total,
                   Communicator& communicator);

}  // namespace credence
