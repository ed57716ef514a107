#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "credence/data/dataset.h"
#include "credence/losses/metric.h"

namespace credence {

struct PredictionServiceOptions {
  std::int64_t max_batch = 64;          ///< rows of requests that are answered together
  double max_wait_ms = 2;               ///< that a request waits for others to join it
  std::int64_t max_queue = 256;         ///< requests that wait
  std::int64_t max_queue_rows = 50000;  ///< their rows together, unless one waits alone

  /// ConfigError unless max_wait_ms is in [0, 10000] and the others are in [1, 2^30].
  void check() const;
};

/// Inputs to be predicted together, each as if it were alone.
struct PredictionBatch {
  std::vector<std::shared_ptr<const Dataset>> inputs;
  std::int64_t samples = 0;                         ///< draws
  std::chrono::steady_clock::time_point expires{};  ///< nobody waits for it after that
};

/// May throw a RequestError for a batch that has expired.
using PredictEach = std::function<std::vector<Predictions>(const PredictionBatch& batch)>;

/// Requests for predictions from any thread, answered by one that alone calls `predict`. Those that
/// ask for as many draws and wait at the same time are joined. Its end answers what waits.
class PredictionService {
 public:
  using Clock = std::chrono::steady_clock;

  struct Observer {
    virtual ~Observer() = default;
    virtual void on_batch(std::int64_t requests, std::int64_t rows) = 0;
  };

  PredictionService(PredictEach predict, const PredictionServiceOptions& options,
                    Observer* observer = nullptr);
  ~PredictionService();
  PredictionService(const PredictionService&) = delete;
  PredictionService& operator=(const PredictionService&) = delete;

  /// Answered, or given up if it has not been begun at `expires`: then and if too many wait it is a
  /// RequestError 503.
  std::future<Predictions> submit(std::shared_ptr<const Dataset> inputs, std::int64_t samples,
                                  Clock::time_point expires);
  std::int64_t queue_length() const;

 private:
  struct Waiting {
    std::shared_ptr<const Dataset> inputs;
    std::int64_t samples = 0;
    Clock::time_point arrived, expires;
    std::promise<Predictions> promise;
  };

  void work();
  /// Waits for requests and takes those to answer together; none at the end.
  std::vector<Waiting> take();
  /// Rows of those that can be answered with the first one.
  std::int64_t joined_rows() const;
  /// Whether it can be answered with others, of so many draws, that have so many rows.
  bool joins(const Waiting& waiting, std::int64_t samples, std::int64_t rows) const;
  void answer(std::vector<Waiting>& joined);

  PredictEach predict_;
  PredictionServiceOptions options_;
  Observer* observer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  std::int64_t queue_rows_ = 0;
  bool is_ending_ = false;
  std::thread worker_;
};

}  // namespace credence
