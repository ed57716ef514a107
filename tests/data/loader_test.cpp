#include "credence/data/loader.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// Example i at step s is (i, s), its target 10 * i. Step `bad_step` cannot be read.
class Labelled : public Dataset {
 public:
  explicit Labelled(std::int64_t size) : size_(size) {}
  std::string name() const override { return "labelled"; }
  std::int64_t size() const override { return size_; }
  Shape src_shape() const override { return {2}; }
  Shape target_shape() const override { return {1}; }
  TargetInfo target_info() const override { return {}; }
  void read(std::span<const std::int64_t> indices, std::uint64_t step, Tensor& src,
            Tensor& target) const override {
    ++reads;
    if (std::this_thread::get_id() != caller) ++reads_ahead;
    require<DataError>(step != bad_step, "labelled: step ", step, " cannot be read");
    for (std::size_t row = 0; row < indices.size(); ++row) {
      src.data<float>()[2 * row] = static_cast<float>(indices[row]);
      src.data<float>()[2 * row + 1] = static_cast<float>(step);
      target.data<float>()[row] = static_cast<float>(10 * indices[row]);
    }
  }

  std::uint64_t bad_step = UINT64_MAX;
  std::thread::id caller = std::this_thread::get_id();
  mutable std::atomic<int> reads = 0;
  mutable std::atomic<int> reads_ahead = 0;

 private:
  std::int64_t size_;
};

/// Expects that the batch holds what its indices say.
void expect_read(const Batch& batch, std::uint64_t step) {
  const auto rows = std::ssize(batch.indices);
  ASSERT_EQ(batch.src.shape(), (Shape{rows, 2}));
  ASSERT_EQ(batch.target.shape(), (Shape{rows, 1}));
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto index = static_cast<float>(batch.indices[static_cast<std::size_t>(row)]);
    EXPECT_EQ(batch.src.data<float>()[2 * row], index);
    EXPECT_EQ(batch.src.data<float>()[2 * row + 1], static_cast<float>(step));
    EXPECT_EQ(batch.target.data<float>()[row], 10 * index);
  }
}

TEST(Loader, ReadsTheSameAheadOrNot) {
  const auto dataset = std::make_shared<Labelled>(103);
  Loader ahead(dataset, {.global_batch = 16, .prefetch = true, .seed = 5}, 1, 3);
  Loader plain(dataset, {.global_batch = 16, .prefetch = false, .seed = 5}, 1, 3);
  EXPECT_EQ(ahead.steps_per_epoch(), 7);
  for (std::uint64_t step = 0; step < 30; ++step) {
    const Batch& batch = ahead.load(step);
    expect_read(batch, step);
    EXPECT_EQ(batch.indices, plain.load(step).indices);
    EXPECT_EQ(batch.global_size, step % 7 == 6 ? 7 : 16);
  }
  EXPECT_GE(dataset->reads_ahead, 29);
}

TEST(Loader, ReadsAnyStepInAnyOrder) {
  const auto dataset = std::make_shared<Labelled>(103);
  for (const bool prefetch : {true, false}) {
    Loader in_order(dataset, {.global_batch = 16, .prefetch = prefetch});
    std::vector<std::vector<std::int64_t>> expected;
    for (std::uint64_t step = 0; step < 20; ++step) expected.push_back(in_order.load(step).indices);
    Loader any(dataset, {.global_batch = 16, .prefetch = prefetch});
    for (const std::uint64_t step : {13U, 14U, 14U, 3U, 19U, 0U, 1U, 0U, 6U, 7U}) {
      const Batch& batch = any.load(step);
      expect_read(batch, step);
      EXPECT_EQ(batch.indices, expected[step]) << step;
    }
  }
}

TEST(Loader, KeepsABatchWhileReadingAhead) {
  const auto dataset = std::make_shared<Labelled>(64);
  Loader loader(dataset, {.global_batch = 8});
  const Batch& batch = loader.load(4);
  while (dataset->reads_ahead == 0) std::this_thread::yield();
  expect_read(batch, 4);
}

TEST(Loader, AllocatesOnce) {
  Loader loader(std::make_shared<Labelled>(103), {.global_batch = 16}, 0, 3);
  const auto where = [](const Batch& batch) {
    return std::pair(batch.src.raw(), static_cast<const void*>(batch.indices.data()));
  };
  const auto first = where(loader.load(0));
  const auto second = where(loader.load(1));
  for (std::uint64_t step = 2; step < 20; ++step)
    EXPECT_EQ(where(loader.load(step)), step % 2 == 0 ? first : second);
}

TEST(Loader, ThrowsWhereTheStepIsAskedFor) {
  for (const bool prefetch : {true, false}) {
    const auto dataset = std::make_shared<Labelled>(64);
    dataset->bad_step = 3;
    Loader loader(dataset, {.global_batch = 8, .prefetch = prefetch});
    for (std::uint64_t step : {0U, 1U, 2U}) expect_read(loader.load(step), step);
    EXPECT_THAT([&] { loader.load(3); },
                ::testing::ThrowsMessage<DataError>(::testing::HasSubstr("step 3")));
    EXPECT_THROW(loader.load(3), DataError);
    expect_read(loader.load(4), 4);
    // Read ahead in vain, and not asked for.
    expect_read(loader.load(2), 2);
    expect_read(loader.load(7), 7);
  }
}

TEST(Loader, ARankWithoutRowsReadsNothing) {
  const auto dataset = std::make_shared<Labelled>(4);
  Loader loader(dataset, {.global_batch = 2, .prefetch = false}, 0, 4);
  const Batch& batch = loader.load(0);
  EXPECT_EQ(batch.src.shape(), (Shape{0, 2}));
  EXPECT_EQ(batch.global_size, 2);
  EXPECT_EQ(dataset->reads, 0);
}

TEST(Loader, EndsWhileReadingAhead) {
  const auto dataset = std::make_shared<Labelled>(64);
  for (int i = 0; i < 50; ++i) {
    Loader loader(dataset, {.global_batch = 8});
    loader.load(static_cast<std::uint64_t>(i));
  }
  EXPECT_EQ(dataset.use_count(), 1);
}

}  // namespace
}  // namespace credence
