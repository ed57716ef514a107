// A program whose ranks fail in the ways that runs do; the tests look at its exit code.
#include <stdexcept>
#include <string>
#include <vector>

#include "credence/comm/guard.h"

namespace credence {
namespace {

/// The last rank throws while the others wait for it in a collective.
void fail_alone(Communicator& ranks) {
  if (ranks.rank() == ranks.size() - 1) throw CommError("lost its way");
  ranks.barrier();
}

/// The last rank throws with a sum under way that no other rank ever joins: they wait for a
/// message from it.
void fail_in_flight(Communicator& ranks) {
  const int last = ranks.size() - 1;
  std::vector<float> values(1 << 20);
  if (ranks.rank() == last) {
    const Request request = ranks.start_sum(std::span(values));
    throw IoError("lost its disk");
  }
  ranks.receive(std::span(values), last, 0);
}

int run(Communicator& ranks, const std::string& how) {
  if (how == "alone") fail_alone(ranks);
  if (how == "in_flight") fail_in_flight(ranks);
  if (how == "together") throw ConfigError("a wrong key");
  if (how == "unknown" && ranks.rank() == 0) throw std::runtime_error("a defect");
  if (how == "in_split") fail_alone(*ranks.split(ranks.rank() == 0 ? 0 : 1, 0));
  if (how == "code") return 65;
  ranks.barrier();
  return 0;
}

}  // namespace
}  // namespace credence

int main(int argc, char** argv) {
  return credence::run_guarded(argc, argv, [&](credence::CommWorld& world) {
    return credence::run(world.communicator(), argv[1]);
  });
}
