#include <array>
#include <thread>

#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/records/trace.h"

namespace credence::test {
namespace {

using Clock = Timeline::Clock;

/// The ranks of one host read the same clock, so one origin is one reading of it.
TEST(Trace, RanksThatBeginApartGetOneOrigin) {
  Communicator& ranks = communicator();
  std::this_thread::sleep_for(std::chrono::milliseconds(50) * ranks.rank());
  Timeline timeline(1);
  const Clock::time_point own = timeline.origin();
  align_origins(timeline, ranks);
  if (ranks.rank() == 0)
    EXPECT_LT(std::abs((timeline.origin() - own).count()), 100);
  else
    EXPECT_GT(own - timeline.origin(), std::chrono::milliseconds(25));

  std::array<double, 1> origin{
      std::chrono::duration<double>(timeline.origin().time_since_epoch()).count()};
  const double here = origin[0];
  ranks.broadcast(std::span<double>(origin), 0);
  EXPECT_NEAR(here, origin[0], 5e-3) << "rank " << ranks.rank();
}

}  // namespace
}  // namespace credence::test
