#pragma once

#include "credence/comm/communicator.h"

namespace credence::test {

/// What a test in a *_mpi_test.cpp runs under: 1, 2, 4 or 8 ranks, each running every test. A test
/// must pass on any number of ranks; one that needs more skips itself, on all ranks alike.
CommWorld& world();
inline Communicator& communicator() {
  return world().communicator();
}

}  // namespace credence::test
