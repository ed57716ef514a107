#pragma once

#include <cstddef>
#include <vector>

#include "credence/comm/communicator.h"

namespace credence {

/// One message to a rank and one from it, and what is done with what came.
struct Exchange {
  int peer = 0;
  std::size_t out = 0, out_count = 0;  ///< elements of a buffer
  std::size_t in = 0, in_count = 0;
  bool adds = false;  ///< what comes; else it is what was wanted
};

/// One after the other, on `buffer`, of float or double; it goes on at a test too. Each rank has
/// the exchanges that its peers have with it, in one order. `tag`: of no other operation under way
/// between these ranks.
/// Errors  InternalError for other types; CommError as from start_exchange.
Request start_exchanges(Communicator& communicator, Buffer buffer, std::vector<Exchange> exchanges,
                        int tag);

}  // namespace credence
