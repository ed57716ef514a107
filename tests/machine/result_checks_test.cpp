#include "credence/machine/result_checks.h"

#include <cstdlib>

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::IsEmpty;

/// Two ranks, of which the other gives nothing to sums.
class LosesSums : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  Request start_sum(Buffer) override { return {}; }
  Request start_reduce_scatter(Buffer, Buffer) override { return {}; }
  Request start_all_gather(Buffer, Buffer) override { return {}; }
  void send(Buffer, int, int) override {}
  void receive(Buffer, int, int) override {}
  Request start_exchange(Buffer, Buffer, int, int) override { return {}; }
  void broadcast(Buffer, int) override {}
  void barrier() override {}
  std::unique_ptr<Communicator> split(int, int) override { return nullptr; }
  [[noreturn]] void abort(ExitCode) override { std::abort(); }
};

TEST(CheckResults, OfThisMachineAreRight) {
  EXPECT_THAT(check_results(*self_communicator()), IsEmpty());
}

TEST(CheckResults, FindsWrongSums) {
  LosesSums communicator;
  const auto findings = check_results(communicator);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].what, "Sums over ranks are wrong");
  EXPECT_EQ(findings[0].why, "Expected 2 in all elements, got 1 and others.");
  EXPECT_TRUE(findings[0].fatal);
}

}  // namespace
}  // namespace credence
