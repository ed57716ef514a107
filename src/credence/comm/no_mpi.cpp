#include "credence/comm/communicator.h"
#include "credence/comm/launcher.h"

namespace credence {

CommWorld::CommWorld(int& argc, char**& /*argv*/) : communicator_(self_communicator()) {
  if (argc > 0) check_launcher(1, library());
}

CommWorld::~CommWorld() = default;

std::string CommWorld::library() {
  return "none";
}

bool CommWorld::all_arrive(double /*timeout_s*/) {
  return true;
}

}  // namespace credence
