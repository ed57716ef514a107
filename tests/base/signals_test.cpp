#include "credence/base/signals.h"

#include <csignal>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

namespace credence {
namespace {

TEST(SaveRequests, AreTakenOnce) {
  const SaveRequests requests;
  EXPECT_FALSE(SaveRequests::take());
  std::raise(SIGUSR1);
  EXPECT_TRUE(SaveRequests::take());
  EXPECT_FALSE(SaveRequests::take());
}

TEST(SaveRequests, LeaveTheSignalAsItWas) {
  EXPECT_EXIT(
      {
        { const SaveRequests requests; }
        std::raise(SIGUSR1);
      },
      ::testing::KilledBySignal(SIGUSR1), "");
}

TEST(EndRequests, RememberTheSignal) {
  const EndRequests requests;
  EXPECT_EQ(EndRequests::signal(), 0);
  std::raise(SIGTERM);
  EXPECT_EQ(EndRequests::signal(), SIGTERM);
}

TEST(EndRequests, TakeOneSentTwiceAtOnceForOne) {
  const EndRequests requests;
  std::raise(SIGINT);
  std::raise(SIGTERM);
  EXPECT_EQ(EndRequests::signal(), SIGINT);
}

TEST(EndRequests, EndTheProgramByTheNextOne) {
  EXPECT_EXIT(
      {
        const EndRequests requests;
        std::raise(SIGINT);
        usleep(2'100'000);
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

TEST(EndRequests, MayEndTheProgramByTheVeryNextOne) {
  for (const int next : {SIGINT, SIGTERM})
    EXPECT_EXIT(
        {
          const EndRequests requests(0);
          std::raise(SIGINT);
          std::raise(next);
        },
        ::testing::KilledBySignal(next), "");
}

TEST(EndRequests, WakeWhoeverWaitsForADescriptor) {
  const EndRequests requests;
  pollfd waiting{.fd = requests.descriptor(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  std::raise(SIGTERM);
  for (int time = 0; time < 2; ++time) EXPECT_EQ(::poll(&waiting, 1, 0), 1);
}

TEST(EndRequests, OfBeforeAreForgotten) {
  {
    const EndRequests requests;
    std::raise(SIGTERM);
  }
  const EndRequests requests;
  EXPECT_EQ(EndRequests::signal(), 0);
  pollfd waiting{.fd = requests.descriptor(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
}

TEST(EndRequests, LeaveSignalsAsTheyWere) {
  EXPECT_EXIT(
      {
        { const EndRequests requests; }
        std::raise(SIGTERM);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace credence
