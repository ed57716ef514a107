#include "credence/comm/attendant.h"
#include "credence/comm/communicator.h"
#include "credence/comm/launcher.h"

namespace credence {

CommWorld::CommWorld(int& /*argc*/, char**& /*argv*/) : CommWorld() {
  check_launcher(1, library());
}

CommWorld::CommWorld() : communicator_(self_communicator()) {}

CommWorld::~CommWorld() = default;

void CommWorld::check_threads() const {}

std::string CommWorld::library() {
  return "none";
}

bool CommWorld::all_arrive(double /*timeout_s*/) {
  return true;
}

}  // namespace credence
