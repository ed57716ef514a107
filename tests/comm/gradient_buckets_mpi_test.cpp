#include <chrono>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/comm/gradient_buckets.h"

namespace credence::test {
namespace {

using Pieces = std::vector<std::pair<std::size_t, std::size_t>>;  // offset, count

constexpr std::size_t size = 1003;

/// Small integers, so that sums are exact in any order.
template <class T>
std::vector<T> gradients_of(int rank, int step) {
  std::vector<T> values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] = static_cast<T>(static_cast<int>(i % 101) * (rank + 1) - step);
  return values;
}

template <class T>
std::vector<T> expected_sum(int step) {
  std::vector<T> sum(size);
  for (int rank = 0; rank < communicator().size(); ++rank) {
    const std::vector<T> part = gradients_of<T>(rank, step);
    for (std::size_t i = 0; i < size; ++i) sum[i] += part[i];
  }
  return sum;
}

const Pieces in_order{{0, 1}, {1, 299}, {300, 3}, {303, 0}, {303, 500}, {803, 200}};
const Pieces out_of_order{{803, 200}, {300, 3}, {0, 300}, {303, 500}};
const Pieces some_missing{{303, 500}, {0, 20}};

/// Three steps on one reducer, each against the plain sum.
template <class T>
void check(GradientBucketsOptions options, const Pieces& pieces,
           const GradientSumOptions& sum = {}) {
  std::vector<T> gradients(size);
  GradientBuckets buckets(communicator(), std::span<T>(gradients), options, sum);
  for (int step = 0; step < 3; ++step) {
    const std::vector<T> own = gradients_of<T>(communicator().rank(), step);
    // Backward writes a gradient only just before it is added: too early a start is seen.
    std::fill(gradients.begin(), gradients.end(), T{-1000});
    std::vector<bool> written(size);
    for (const auto& [offset, count] : pieces) {
      for (std::size_t i = offset; i < offset + count; ++i) {
        gradients[i] = own[i];
        written[i] = true;
      }
      buckets.add(offset, count);
    }
    for (std::size_t i = 0; i < size; ++i) {
      if (!written[i]) gradients[i] = own[i];
    }
    buckets.finalize();
    ASSERT_EQ(gradients, expected_sum<T>(step)) << options.bucket_bytes << ", step " << step;
  }
}

TEST(GradientBuckets, SumWhateverTheBucketSize) {
  for (const std::size_t bytes : {1, 40, 1000, 1004, 4012, 100000}) {
    check<float>({.bucket_bytes = bytes}, in_order);
    check<double>({.bucket_bytes = bytes}, in_order);
  }
}

TEST(GradientBuckets, SumInAnyOrderOfReadiness) {
  for (const std::size_t bytes : {40, 1000, 100000})
    check<float>({.bucket_bytes = bytes}, out_of_order);
}

TEST(GradientBuckets, FinalizeSumsWhatWasNotAdded) {
  for (const std::size_t bytes : {40, 1000, 100000}) {
    check<float>({.bucket_bytes = bytes}, some_missing);
    check<double>({.bucket_bytes = bytes}, {});
  }
}

TEST(GradientBuckets, SumInATreeWhateverTheNumberOfBuckets) {
  for (const std::size_t bytes : {4, 40, 1000, 100000}) {  // 4: there are fewer tags than buckets
    check<float>({.bucket_bytes = bytes}, in_order, {.order = SumOrder::tree});
    check<float>({.bucket_bytes = bytes}, out_of_order, {.order = SumOrder::tree});
  }
}

TEST(GradientBuckets, SumInSharedMemory) {
  for (const SumOrder order : {SumOrder::any, SumOrder::tree}) {
    for (const std::size_t bytes : {40, 1000, 100000}) {
      check<float>({.bucket_bytes = bytes}, in_order, {.order = order, .shared_memory = true});
      check<double>({.bucket_bytes = bytes}, out_of_order, {.order = order, .shared_memory = true});
      check<double>({.bucket_bytes = bytes, .blocking = true}, some_missing,
                    {.order = order, .shared_memory = true});
    }
  }
}

TEST(GradientBuckets, BlockingGivesTheSame) {
  check<float>({.bucket_bytes = 400, .blocking = true}, out_of_order);
}

TEST(GradientBuckets, AThreadHelpsMessagesOnTheirWay) {
  for (const bool shared_memory : {false, true}) {
    for (const SumOrder order : {SumOrder::any, SumOrder::tree}) {
      for (const std::size_t bytes : {40, 1000, 100000})
        check<float>({.bucket_bytes = bytes, .progress_thread = ProgressThreadUse::always},
                     out_of_order, {.order = order, .shared_memory = shared_memory});
    }
  }
}

TEST(GradientBuckets, AThreadEndsSumsThatNobodyWaitsFor) {
  if (communicator().size() == 1) GTEST_SKIP() << "nothing is summed over one rank";
  std::vector<float> gradients(1 << 20, 1);
  GradientBuckets buckets(communicator(), std::span(gradients),
                          {.bucket_bytes = 1 << 18, .progress_thread = ProgressThreadUse::always},
                          {.order = SumOrder::tree});
  buckets.add(0, gradients.size());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  const auto sum = static_cast<float>(communicator().size());
  while (!buckets.is_done() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(buckets.is_done());
  EXPECT_EQ(gradients, std::vector<float>(gradients.size(), sum));
  communicator().barrier();
  buckets.finalize();
}

/// Counts the sums that were started, without MPI.
class CountingCommunicator : public Communicator {
 public:
  explicit CountingCommunicator(int size) : size_(size) {}
  int rank() const override { return 0; }
  int size() const override { return size_; }
  Request start_sum(Buffer buffer) override {
    counts.push_back(buffer.count);
    return Request();
  }
  Request start_reduce_scatter(Buffer /*src*/, Buffer /*dst*/) override { return Request(); }
  Request start_all_gather(Buffer /*src*/, Buffer /*dst*/) override { return Request(); }
  void send(Buffer /*buffer*/, int /*destination*/, int /*tag*/) override {}
  void receive(Buffer /*buffer*/, int /*source*/, int /*tag*/) override {}
  Request start_exchange(Buffer /*out*/, Buffer /*in*/, int /*peer*/, int /*tag*/) override {
    return Request();
  }
  void broadcast(Buffer /*buffer*/, int /*root*/) override {}
  void barrier() override {}
  std::unique_ptr<Communicator> split(int /*color*/, int /*key*/) override { return nullptr; }
  [[noreturn]] void abort(ExitCode /*code*/) override { std::abort(); }

  std::vector<std::size_t> counts;

 private:
  int size_;
};

TEST(GradientBuckets, BucketsStartAsSoonAsTheyAreComplete) {
  CountingCommunicator two(2);
  std::vector<float> gradients(25);
  GradientBuckets buckets(two, std::span(gradients), {.bucket_bytes = 40});
  EXPECT_EQ(buckets.bucket_count(), 3U);
  buckets.add(0, 9);
  EXPECT_EQ(two.counts, std::vector<std::size_t>{});
  buckets.add(9, 2);
  EXPECT_EQ(two.counts, (std::vector<std::size_t>{10}));
  buckets.add(20, 5);
  EXPECT_EQ(two.counts, (std::vector<std::size_t>{10, 5}));
  buckets.finalize();
  EXPECT_EQ(two.counts, (std::vector<std::size_t>{10, 5, 10}));
  buckets.add(0, 25);
  EXPECT_EQ(two.counts.size(), 6U);
}

TEST(GradientBuckets, OneRankStartsNothing) {
  CountingCommunicator one(1);
  std::vector<float> gradients(25);
  GradientBuckets buckets(one, std::span(gradients));
  buckets.add(0, 25);
  buckets.finalize();
  EXPECT_TRUE(one.counts.empty());
}

TEST(GradientBuckets, RejectsGradientsOutsideOrTwice) {
  CountingCommunicator two(2);
  std::vector<float> gradients(25);
  GradientBuckets buckets(two, std::span(gradients), {.bucket_bytes = 40});
  EXPECT_THROW(buckets.add(20, 6), InternalError);
  EXPECT_THROW(buckets.add(26, 0), InternalError);
  buckets.add(0, 12);
  EXPECT_THROW(buckets.add(4, 2), InternalError);
  std::vector<std::uint8_t> bytes(3);
  EXPECT_THROW(GradientBuckets(two, std::span(bytes)), InternalError);
}

TEST(GradientBuckets, DroppedInFlightWaits) {
  std::vector<float> gradients(200000, 1);
  {
    GradientBuckets buckets(communicator(), std::span(gradients), {.bucket_bytes = 1 << 16});
    buckets.add(0, gradients.size());
  }
  const auto expected = static_cast<double>(communicator().size()) * 200000;
  EXPECT_EQ(std::accumulate(gradients.begin(), gradients.end(), 0.0), expected);
}

}  // namespace
}  // namespace credence::test
