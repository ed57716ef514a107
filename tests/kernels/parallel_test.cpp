#include "credence/kernels/parallel.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/random_tensor.h"
#include <gtest/gtest.h>
#include <omp.h>

#include "credence/kernels/channels.h"

namespace credence {
namespace {

/// Restores the number of threads at the end of a test.
class Threads : public ::testing::Test {
 protected:
  void TearDown() override { set_thread_count(before_); }
  int before_ = thread_count();
};

TEST_F(Threads, ALoopVisitsEveryElementOnceForAnyThreadCount) {
  for (const int threads : {1, 2, 3, 8}) {
    set_thread_count(threads);
    for (const std::int64_t count : {0, 1, 5, 64, 1000}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      parallel_for(count, {.least = 16, .unit = 16}, [&](std::int64_t begin, std::int64_t end) {
        EXPECT_EQ(begin % 16, 0);
        for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      for (const auto& visit : visits) EXPECT_EQ(visit, 1);
    }
  }
}

TEST_F(Threads, ALoopIsWholeWhenOpenMpGivesFewerThreadsThanAskedFor) {
  omp_set_dynamic(1);  // at most one thread a processor
  set_thread_count(1000);
  std::vector<std::atomic<int>> visits(5000);
  parallel_for(5000, {}, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
  });
  parallel_for_each(5000, [&](std::int64_t i) { ++visits[static_cast<std::size_t>(i)]; });
  omp_set_dynamic(0);
  for (const auto& visit : visits) ASSERT_EQ(visit, 2);
}

TEST_F(Threads, ALoopOfLongBodiesVisitsEachIndexOnceForAnyThreadCount) {
  for (const int threads : {1, 2, 3, 100}) {
    set_thread_count(threads);
    for (const std::int64_t count : {0, 1, 5, 1000}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      parallel_for_each(count, [&](std::int64_t i) { ++visits[static_cast<std::size_t>(i)]; });
      for (const auto& visit : visits) EXPECT_EQ(visit, 1);
    }
  }
}

TEST_F(Threads, ALoopOfFewLongBodiesRunsThemAllAtOnce) {
  set_thread_count(5);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::atomic<int> begun = 0, met = 0;
  parallel_for_each(3, [&](std::int64_t) {
    ++begun;
    while (begun < 3 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    met += begun == 3;
  });
  EXPECT_EQ(met, 3);
}

TEST_F(Threads, AThreadThatIsHeldUpLeavesItsShareToOthers) {
  set_thread_count(2);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::atomic<int> left = 100, left_by_others = 100;
  parallel_for_each(100, [&](std::int64_t i) {
    --left;
    if (i > 0) return;
    while (left > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    left_by_others = left.load();
  });
  EXPECT_EQ(left_by_others, 0);
}

TEST_F(Threads, AnExceptionReachesTheCaller) {
  set_thread_count(4);
  EXPECT_THROW(parallel_for_each(1000, [](std::int64_t) { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_THROW(
      parallel_for(1000, {}, [](std::int64_t, std::int64_t) { throw std::runtime_error("x"); }),
      std::runtime_error);
}

TEST_F(Threads, SumsOfChannelsDoNotDependOnTheThreadCount) {
  const Tensor src = random_tensor({5000, 7}, DType::float32, "src");
  Tensor one({7}), many({7});
  set_thread_count(1);
  sum_channels(src, one, Write::overwrite);
  set_thread_count(4);
  sum_channels(src, many, Write::overwrite);
  for (int c = 0; c < 7; ++c) EXPECT_EQ(one.span<float>()[c], many.span<float>()[c]);
}

}  // namespace
}  // namespace credence
