#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "credence/comm/communicator.h"

namespace credence {
namespace {

TEST(SelfCommunicator, SumAndBroadcastAreTheIdentity) {
  const auto self = self_communicator();
  std::vector<float> values{1, 2, 3};
  self->sum(std::span(values));
  self->broadcast(std::span(values), 0);
  self->barrier();
  EXPECT_EQ(values, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(self->rank(), 0);
  EXPECT_EQ(self->size(), 1);
}

TEST(SelfCommunicator, ReduceScatterAndAllGatherCopy) {
  const auto self = self_communicator();
  std::vector<double> src{1, 2, 3};
  std::vector<double> dst(3);
  self->start_reduce_scatter(std::span(src), std::span(dst)).wait();
  EXPECT_EQ(dst, src);
  std::vector<std::uint8_t> bytes{7, 8};
  std::vector<std::uint8_t> gathered(2);
  self->start_all_gather(std::span(bytes), std::span(gathered)).wait();
  EXPECT_EQ(gathered, bytes);
  self->start_all_gather(std::span(bytes), std::span(bytes)).wait();
}

TEST(SelfCommunicator, RejectsWhatNoRanksCanDo) {
  const auto self = self_communicator();
  std::vector<float> two(2);
  std::vector<float> three(3);
  EXPECT_THROW(self->send(std::span(two), 0, 0), CommError);
  EXPECT_THROW(self->receive(std::span(two), 0, 0), CommError);
  EXPECT_THROW(self->broadcast(std::span(two), 1), CommError);
  EXPECT_THROW(self->start_all_gather(std::span(two), std::span(three)), CommError);
  EXPECT_THROW(self->start_reduce_scatter(std::span(two), std::span(two)), CommError);
}

TEST(SelfCommunicator, SplitsIntoItself) {
  const auto part = self_communicator()->split(3, 5);
  EXPECT_EQ(part->size(), 1);
  EXPECT_THROW(part->split(-1, 0), CommError);
}

TEST(SelfCommunicatorDeathTest, AbortExitsWithTheCode) {
  EXPECT_EXIT(self_communicator()->abort(ExitCode::comm), testing::ExitedWithCode(75), "");
}

TEST(Request, OnceEmptyOrDoneItReturnsAtOnce) {
  struct Twice : Request::Operation {
    explicit Twice(int& calls) : calls_(calls) {}
    void wait() override { ++calls_; }
    bool test() override { return ++calls_ == 2; }
    int& calls_;
  };
  int calls = 0;
  Request request(std::make_unique<Twice>(calls));
  EXPECT_FALSE(request.test());
  EXPECT_TRUE(request.test());
  EXPECT_TRUE(request.test());
  request.wait();
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace credence
