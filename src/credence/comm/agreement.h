#pragma once

#include <string>

#include "credence/comm/communicator.h"

namespace credence {

/// How texts differ from rank 0's, in their first other line: "rank 2 has ..., rank 0 has ..." of
/// the first such rank. Empty if all ranks have the same. Collective; the same on all ranks.
std::string difference_between_ranks(Communicator& communicator, const std::string& text);

/// Error unless all ranks have the same text: "expected the same recipe on all ranks; rank 2 ...".
template <class Error>
void require_same_on_all_ranks(Communicator& communicator, const std::string& what,
                               const std::string& text) {
  if (communicator.size() == 1) return;
  const std::string difference = difference_between_ranks(communicator, text);
  require<Error>(difference.empty(), "expected the same ", what, " on all ranks; ", difference);
}

}  // namespace credence
