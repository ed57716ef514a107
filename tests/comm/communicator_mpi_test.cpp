#include <algorithm>
#include <vector>

#include "support/mpi.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/comm/communicator.h"

namespace credence::test {
namespace {

int rank() {
  return communicator().rank();
}
int size() {
  return communicator().size();
}
std::size_t ranks() {
  return static_cast<std::size_t>(size());
}
/// 0 + 1 + ... + size - 1.
int rank_sum() {
  return size() * (size() - 1) / 2;
}

template <class T>
Buffer all_of(std::vector<T>& values) {
  return std::span<T>(values);
}

template <class T>
bool all_equal(const std::vector<T>& values, double expected) {
  return std::all_of(values.begin(), values.end(), [&](T value) { return value == expected; });
}

template <class T>
class TypedCommunicator : public testing::Test {};
using Types = testing::Types<float, double, std::uint8_t>;
TYPED_TEST_SUITE(TypedCommunicator, Types);

TYPED_TEST(TypedCommunicator, SumsInPlace) {
  std::vector<TypeParam> values(1001);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<TypeParam>(i % 20 + static_cast<std::size_t>(rank()));
  communicator().sum(all_of(values));
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(values[i], static_cast<TypeParam>(i % 20 * ranks() + rank_sum())) << i;
}

TYPED_TEST(TypedCommunicator, ReduceScattersItsOwnPart) {
  constexpr std::size_t count = 37;
  std::vector<TypeParam> src(count * ranks());
  for (std::size_t i = 0; i < src.size(); ++i)
    src[i] = static_cast<TypeParam>(i % 20 + static_cast<std::size_t>(rank()));
  const std::vector<TypeParam> before = src;
  std::vector<TypeParam> dst(count, TypeParam{99});
  communicator().start_reduce_scatter(all_of(src), all_of(dst)).wait();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t element = static_cast<std::size_t>(rank()) * count + i;
    ASSERT_EQ(dst[i], static_cast<TypeParam>(element % 20 * ranks() + rank_sum())) << i;
  }
  EXPECT_EQ(src, before);
}

TYPED_TEST(TypedCommunicator, GathersInRankOrder) {
  constexpr std::size_t count = 53;
  std::vector<TypeParam> src(count, static_cast<TypeParam>(rank() + 1));
  std::vector<TypeParam> dst(count * ranks(), TypeParam{99});
  communicator().start_all_gather(all_of(src), all_of(dst)).wait();
  for (std::size_t i = 0; i < dst.size(); ++i)
    ASSERT_EQ(dst[i], static_cast<TypeParam>(i / count + 1)) << i;
}

TYPED_TEST(TypedCommunicator, GathersFromItsOwnPartInPlace) {
  constexpr std::size_t count = 53;
  std::vector<TypeParam> dst(count * ranks(), TypeParam{99});
  const auto own = std::span(dst).subspan(static_cast<std::size_t>(rank()) * count, count);
  std::fill(own.begin(), own.end(), static_cast<TypeParam>(rank() + 1));
  communicator().start_all_gather(own, all_of(dst)).wait();
  for (std::size_t i = 0; i < dst.size(); ++i)
    ASSERT_EQ(dst[i], static_cast<TypeParam>(i / count + 1)) << i;
}

TYPED_TEST(TypedCommunicator, BroadcastsFromEachRoot) {
  for (int root = 0; root < size(); ++root) {
    std::vector<TypeParam> values(77, static_cast<TypeParam>(rank()));
    communicator().broadcast(all_of(values), root);
    EXPECT_TRUE(all_equal(values, static_cast<TypeParam>(root)));
  }
}

TYPED_TEST(TypedCommunicator, SendsAroundARing) {
  if (size() == 1) GTEST_SKIP() << "needs two ranks";
  const int next = (rank() + 1) % size();
  const int previous = (rank() + size() - 1) % size();
  std::vector<TypeParam> token(301, static_cast<TypeParam>(rank()));
  std::vector<TypeParam> received(301);
  if (rank() == 0) communicator().send(all_of(token), next, 7);
  communicator().receive(all_of(received), previous, 7);
  if (rank() != 0) communicator().send(all_of(token), next, 7);
  EXPECT_TRUE(all_equal(received, static_cast<TypeParam>(previous)));
}

TEST(Communicator, SumsBigBuffers) {
  std::vector<float> values(std::size_t{3} << 20);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i % 1000 + static_cast<std::size_t>(rank()));
  communicator().sum(all_of(values));
  for (std::size_t i = 0; i < values.size(); i += 997)
    ASSERT_EQ(values[i], static_cast<float>(i % 1000 * ranks() + rank_sum())) << i;
}

TEST(Communicator, EmptyBuffersAreFine) {
  std::vector<float> none;
  communicator().sum(all_of(none));
  communicator().start_reduce_scatter(all_of(none), all_of(none)).wait();
  communicator().start_all_gather(all_of(none), all_of(none)).wait();
  communicator().broadcast(all_of(none), 0);
}

TEST(Communicator, RequestsInFlightOverlapAndEndInAnyOrder) {
  constexpr std::size_t count = 16;
  std::vector<std::vector<float>> values(count);
  std::vector<Request> requests;
  for (std::size_t i = 0; i < count; ++i) {
    values[i].assign(i * i * 31 + 1, static_cast<float>(i + static_cast<std::size_t>(rank())));
    requests.push_back(communicator().start_sum(all_of(values[i])));
  }
  std::vector<double> other(5, rank());
  communicator().sum(all_of(other));
  for (std::size_t i = count; i-- > 0;) requests[i].wait();
  EXPECT_TRUE(all_equal(other, rank_sum()));
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_TRUE(all_equal(values[i], static_cast<float>(i * ranks() + rank_sum()))) << i;
}

TEST(Communicator, TestSaysWhenARequestIsDone) {
  std::vector<float> values(100000, 1);
  Request request = communicator().start_sum(all_of(values));
  while (!request.test()) {
  }
  EXPECT_TRUE(all_equal(values, static_cast<float>(size())));
  EXPECT_TRUE(request.test());
  request.wait();
}

TEST(Communicator, DestroyedAndReplacedRequestsWait) {
  std::vector<float> first(200000, 1);
  std::vector<float> second(200000, 2);
  { const Request dropped = communicator().start_sum(all_of(first)); }
  EXPECT_TRUE(all_equal(first, static_cast<float>(size())));
  Request request = communicator().start_sum(all_of(second));
  request = Request();
  EXPECT_TRUE(all_equal(second, static_cast<float>(2 * size())));
}

TEST(Communicator, RequestsOutliveTheirCommunicator) {
  std::vector<float> values(1000, 1);
  Request request;
  {
    const auto half = communicator().split(0, rank());
    request = half->start_sum(all_of(values));
  }
  request.wait();
  EXPECT_TRUE(all_equal(values, static_cast<float>(size())));
}

TEST(Communicator, SplitsByColorAndOrdersByKey) {
  const auto half = communicator().split(rank() % 2, -rank());
  const int members = (size() + 1 - rank() % 2) / 2;
  ASSERT_EQ(half->size(), members);
  EXPECT_EQ(half->rank(), members - 1 - rank() / 2);
  double sum = rank();
  half->sum(std::span(&sum, 1));
  double expected = 0;
  for (int i = rank() % 2; i < size(); i += 2) expected += i;
  EXPECT_EQ(sum, expected);
}

TEST(Communicator, BarrierAndArrivalReturn) {
  communicator().barrier();
  EXPECT_TRUE(world().all_arrive(60));
  EXPECT_TRUE(world().all_arrive(60));
}

TEST(Communicator, ArrivalIsFalseWhileARankStaysAway) {
  if (size() == 1) GTEST_SKIP() << "needs two ranks";
  // Rank 0 comes only after the others have given up once; the second try then finds all.
  if (rank() != 0) {
    EXPECT_FALSE(world().all_arrive(0.2));
  }
  communicator().barrier();
  EXPECT_TRUE(world().all_arrive(60));
}

TEST(Communicator, RejectsWrongArguments) {
  std::vector<float> three(3);
  std::vector<float> whole(3 * ranks() + 1);
  std::vector<double> doubles(3 * ranks());
  Communicator& ranks_of_test = communicator();
  EXPECT_THROW(ranks_of_test.start_all_gather(all_of(three), all_of(whole)), CommError);
  EXPECT_THROW(ranks_of_test.start_all_gather(all_of(three), all_of(doubles)), CommError);
  EXPECT_THROW(ranks_of_test.start_reduce_scatter(all_of(whole), all_of(three)), CommError);
  EXPECT_THROW(ranks_of_test.send(all_of(three), rank(), 0), CommError);
  EXPECT_THROW(ranks_of_test.receive(all_of(three), size(), 0), CommError);
  EXPECT_THROW(ranks_of_test.broadcast(all_of(three), size()), CommError);
  EXPECT_THROW(ranks_of_test.split(-1, 0), CommError);
  Buffer bf16 = all_of(three);
  bf16.dtype = DType::bf16;
  EXPECT_THROW(ranks_of_test.start_sum(bf16), CommError);
}

TEST(Communicator, MpiErrorsBecomeCommErrors) {
  if (size() == 1) GTEST_SKIP() << "needs two ranks";
  std::vector<float> values(4, 1);
  if (rank() == 0) communicator().send(all_of(values), 1, 3);
  if (rank() == 1) {
    std::vector<float> longer(5);
    EXPECT_THROW(communicator().receive(all_of(longer), 0, 3), CommError);
  }
  if (rank() == 0) communicator().send(all_of(values), 1, 4);
  if (rank() == 1) {
    std::vector<float> shorter(3);
    try {
      communicator().receive(all_of(shorter), 0, 4);
      ADD_FAILURE() << "a truncated message was taken";
    } catch (const CommError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("MPI_Recv: "));
      EXPECT_EQ(error.exit_code(), ExitCode::comm);
    }
  }
}

}  // namespace
}  // namespace credence::test
