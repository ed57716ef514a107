#include "credence/serve/prediction_service.h"

#include <numeric>
#include <set>

#include "support/errors.h"
#include <gmock/gmock.h>

#include "credence/serve/request_error.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Clock = PredictionService::Clock;

/// Rows that all hold the same number.
std::shared_ptr<const Dataset> inputs(std::int64_t rows, float value = 0) {
  Tensor src({rows, 1});
  src.fill(value);
  return std::make_shared<InMemoryDataset>("inputs", src, Tensor({rows, 1}), TargetInfo{});
}

/// Answers each row with itself, one batch after another when it is told to, and keeps their sizes.
class Network {
 public:
  struct Batch {
    std::vector<std::int64_t> rows;
    std::int64_t samples;
    bool operator==(const Batch&) const = default;
  };

  std::vector<Predictions> predict(const PredictionBatch& asked) {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return allowed_ > 0; });
    --allowed_;
    Batch batch{.rows = {}, .samples = asked.samples};
    std::vector<Predictions> all;
    for (const auto& dataset : asked.inputs) {
      batch.rows.push_back(dataset->size());
      Tensor mean({dataset->size(), 1}), target({dataset->size(), 1});
      std::vector<std::int64_t> indices(static_cast<std::size_t>(dataset->size()));
      std::iota(indices.begin(), indices.end(), 0);
      dataset->read(indices, 0, mean, target);
      all.push_back({.mean = mean});
    }
    batches_.push_back(batch);
    if (fails_) throw NumericalError("nothing is finite");
    return all;
  }

  void allow(int batches) {
    const std::lock_guard lock(mutex_);
    allowed_ += batches;
    changed_.notify_all();
  }
  void wait_begun(int batches) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= batches; });
  }
  void set_fails(bool fails) {
    const std::lock_guard lock(mutex_);
    fails_ = fails;
  }
  std::vector<Batch> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0, allowed_ = 0;
  bool fails_ = false;
  std::vector<Batch> batches_;
};

struct Served {
  explicit Served(const PredictionServiceOptions& options)
      : service([this](const PredictionBatch& batch) { return network.predict(batch); }, options) {}

  std::future<Predictions> ask(std::int64_t rows, std::int64_t samples = 5, float value = 0,
                               double seconds = 60) {
    const auto patience =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    return service.submit(inputs(rows, value), samples, Clock::now() + patience);
  }
  /// One that keeps the network busy until the others wait.
  std::future<Predictions> occupy() {
    auto first = ask(1);
    network.wait_begun(1);
    return first;
  }

  Network network;
  PredictionService service;
};

TEST(PredictionService, JoinsWhatWaitsAndAsksForAsManyDraws) {
  Served served({.max_batch = 10, .max_wait_ms = 0});
  auto first = served.occupy();
  std::vector<std::future<Predictions>> others;
  for (const auto& [rows, samples] :
       std::vector<std::pair<int, int>>{{4, 5}, {3, 7}, {5, 5}, {2, 5}, {1, 5}, {30, 5}, {1, 7}})
    others.push_back(served.ask(rows, samples, static_cast<float>(rows)));
  EXPECT_EQ(served.service.queue_length(), 7);
  served.network.allow(100);
  first.get();
  for (auto& other : others) {
    const Predictions got = other.get();  // each has its own rows again
    for (const float value : got.mean.span<float>())
      EXPECT_EQ(value, static_cast<float>(got.mean.shape()[0]));
  }
  EXPECT_THAT(
      served.network.batches(),
      ElementsAre(Network::Batch{{1}, 5}, Network::Batch{{4, 5, 1}, 5}, Network::Batch{{3, 1}, 7},
                  Network::Batch{{2}, 5}, Network::Batch{{30}, 5}));
}

TEST(PredictionService, WaitsForOthersNoLongerThanItIsTold) {
  Served served({.max_batch = 2, .max_wait_ms = 10000});
  served.network.allow(100);
  const auto begin = Clock::now();
  auto first = served.ask(1), second = served.ask(1);
  first.get(), second.get();
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(8)) << "a full batch waits for nobody";
  EXPECT_THAT(served.network.batches(), ElementsAre(Network::Batch{{1, 1}, 5}));
}

TEST(PredictionService, RefusesWhatTheQueueCannotHold) {
  Served served({.max_wait_ms = 0, .max_queue = 2});
  auto first = served.occupy(), second = served.ask(1), third = served.ask(1);
  const auto ask = [&] { served.ask(1); };
  EXPECT_THAT(testing::message_of<RequestError>(ask), HasSubstr("2 requests waiting"));
  served.network.allow(100);
  second.get(), third.get();
  EXPECT_NO_THROW(served.ask(1).get());
}

TEST(PredictionService, RefusesMoreRowsThanTheQueueCanHold) {
  Served served({.max_wait_ms = 0, .max_queue_rows = 10});
  auto first = served.occupy(), second = served.ask(4), third = served.ask(6);
  const auto ask = [&] { served.ask(1); };
  EXPECT_THAT(testing::message_of<RequestError>(ask), HasSubstr("10 rows waiting"));
  served.network.allow(1);
  served.network.wait_begun(2);  // these two wait no longer
  auto fourth = served.ask(9), fifth = served.ask(1);
  EXPECT_THAT(testing::message_of<RequestError>(ask), HasSubstr("10 rows waiting"));
  served.network.allow(100);
  first.get(), second.get(), third.get(), fourth.get(), fifth.get();
  EXPECT_NO_THROW(served.ask(30).get()) << "alone it may have any size";
}

TEST(PredictionService, GivesUpWhatIsTooLate) {
  Served served({.max_wait_ms = 0});
  auto first = served.occupy(), late = served.ask(1, 5, 0, 0), other = served.ask(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  served.network.allow(100);
  try {
    late.get();
    ADD_FAILURE() << "expected an error, got none";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.status(), 503);
  }
  EXPECT_EQ(other.get().mean.shape()[0], 2);
  EXPECT_THAT(served.network.batches(),
              ElementsAre(Network::Batch{{1}, 5}, Network::Batch{{2}, 5}));
}

TEST(PredictionService, TellsAFailureAndGoesOn) {
  Served served({.max_wait_ms = 0});
  served.network.allow(100);
  served.network.set_fails(true);
  EXPECT_THROW(served.ask(1).get(), NumericalError);
  served.network.set_fails(false);
  EXPECT_EQ(served.ask(3).get().mean.shape()[0], 3);
}

TEST(PredictionService, AnswersAllThatWaitsBeforeItEnds) {
  Network network;
  auto service = std::make_unique<PredictionService>(
      [&](const PredictionBatch& batch) { return network.predict(batch); },
      PredictionServiceOptions{.max_batch = 1, .max_wait_ms = 1000});
  std::vector<std::future<Predictions>> asked;
  for (int i = 0; i < 6; ++i)
    asked.push_back(service->submit(inputs(1), 5, Clock::now() + std::chrono::minutes(1)));
  network.wait_begun(1);
  std::thread allowing([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the end has begun by then
    network.allow(100);
  });
  service.reset();
  allowing.join();
  for (auto& future : asked) EXPECT_EQ(future.get().mean.shape()[0], 1);
}

TEST(PredictionService, ChecksItsOptions) {
  for (const PredictionServiceOptions& options :
       {PredictionServiceOptions{.max_batch = 0}, PredictionServiceOptions{.max_wait_ms = -1},
        PredictionServiceOptions{.max_queue = 0}, PredictionServiceOptions{.max_queue_rows = 0},
        PredictionServiceOptions{.max_batch = std::int64_t{1} << 40}})
    EXPECT_THROW(options.check(), ConfigError);
}

}  // namespace
}  // namespace credence
