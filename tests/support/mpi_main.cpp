// main() of tests that run over ranks. Every rank runs every test; rank 0 prints the progress, the
// others only their failures. A rank that fails waits a moment for the others at the end of the
// test, and ends them all if they hang in a collective that it left.
#include <iostream>

#include "support/mpi.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace credence::test {
namespace {

CommWorld* the_world = nullptr;

class RankListener : public testing::EmptyTestEventListener {
 public:
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed() || communicator().rank() == 0) return;
    std::cerr << concat("rank ", communicator().rank(), ": ",
                        result.file_name() == nullptr ? "" : result.file_name(), ":",
                        result.line_number(), ": ", result.message(), "\n");
  }

  void OnTestEnd(const testing::TestInfo& test) override {
    const bool failed = test.result()->Failed();
    if (failed) {
      std::cerr << concat("rank ", communicator().rank(), ": FAILED ", test.test_suite_name(), ".",
                          test.name(), "\n");
    }
    if (the_world->all_arrive(failed ? 5 : 600)) return;
    std::cerr << concat("rank ", communicator().rank(), ": the others did not come to the end of ",
                        test.test_suite_name(), ".", test.name(), "\n");
    communicator().abort(ExitCode::internal);
  }
};

/// 0 if the tests passed on all ranks.
int run_all() {
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  if (communicator().rank() != 0) {
    delete listeners.Release(listeners.default_result_printer());
    testing::GTEST_FLAG(output) = "";
  }
  listeners.Append(new RankListener);  // owned by GoogleTest
  double failures = RUN_ALL_TESTS() == 0 ? 0 : 1;
  communicator().sum(std::span(&failures, 1));
  return failures == 0 ? 0 : 1;
}

}  // namespace

CommWorld& world() {
  return *the_world;
}

}  // namespace credence::test

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  credence::CommWorld world(argc, argv);
  credence::test::the_world = &world;
  return credence::test::run_all();
}
