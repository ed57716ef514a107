#include "credence/serve/prediction_service.h"

#include <algorithm>
#include <utility>

#include "credence/base/text.h"
#include "credence/serve/request_error.h"

namespace credence {

void PredictionServiceOptions::check() const {
  const auto check_count = [](const char* name, std::int64_t count) {
    constexpr std::int64_t most = 1 << 30;  // sums of two do not overflow
    require<ConfigError>(count >= 1 && count <= most, name, ": expected 1 to ", most, ", got ",
                         count);
  };
  check_count("--max-batch", max_batch);
  check_count("--max-queue", max_queue);
  check_count("--max-queue-rows", max_queue_rows);
  require<ConfigError>(max_wait_ms >= 0 && max_wait_ms <= 10000,
                       "--max-wait-ms: expected 0 to 10000 milliseconds, got ", max_wait_ms);
}

PredictionService::PredictionService(PredictEach predict, const PredictionServiceOptions& options,
                                     Observer* observer)
    : predict_(std::move(predict)), options_(options), observer_(observer) {
  options.check();
  worker_ = std::thread([this] { work(); });
}

PredictionService::~PredictionService() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

std::future<Predictions> PredictionService::submit(std::shared_ptr<const Dataset> inputs,
                                                   std::int64_t samples,
                                                   Clock::time_point expires) {
  Waiting waiting{.inputs = std::move(inputs),
                  .samples = samples,
                  .arrived = Clock::now(),
                  .expires = expires,
                  .promise = {}};
  std::future<Predictions> future = waiting.promise.get_future();
  {
    const std::lock_guard lock(mutex_);
    require_request(std::ssize(queue_) < options_.max_queue, overloaded,
                    "the queue is full: ", counted(options_.max_queue, "request"),
                    " waiting; try again");
    const std::int64_t rows = waiting.inputs->size();
    require_request(queue_.empty() || queue_rows_ + rows <= options_.max_queue_rows, overloaded,
                    "the queue is full: ", counted(queue_rows_, "row"),
                    " waiting, expected at most ", options_.max_queue_rows, " with the ", rows,
                    " of this request; try again");
    queue_rows_ += rows;
    queue_.push_back(std::move(waiting));
  }
  changed_.notify_all();
  return future;
}

std::int64_t PredictionService::queue_length() const {
  const std::lock_guard lock(mutex_);
  return std::ssize(queue_);
}

bool PredictionService::joins(const Waiting& waiting, std::int64_t samples,
                              std::int64_t rows) const {
  return waiting.samples == samples &&
         (rows == 0 || rows + waiting.inputs->size() <= options_.max_batch);
}

std::int64_t PredictionService::joined_rows() const {
  std::int64_t rows = 0;
  for (const Waiting& waiting : queue_)
    if (joins(waiting, queue_.front().samples, rows)) rows += waiting.inputs->size();
  return rows;
}

std::vector<PredictionService::Waiting> PredictionService::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_ending_ || !queue_.empty(); });
  if (queue_.empty()) return {};
  const auto patience = std::chrono::duration<double, std::milli>(options_.max_wait_ms);
  const auto until = queue_.front().arrived + std::chrono::duration_cast<Clock::duration>(patience);
  changed_.wait_until(lock, until,
                      [this] { return is_ending_ || joined_rows() >= options_.max_batch; });
  const std::int64_t samples = queue_.front().samples;
  std::vector<Waiting> batch;
  std::deque<Waiting> others;
  std::int64_t rows = 0;
  for (Waiting& waiting : queue_) {
    const bool is_taken = joins(waiting, samples, rows);
    if (is_taken) rows += waiting.inputs->size();
    if (is_taken)
      batch.push_back(std::move(waiting));
    else
      others.push_back(std::move(waiting));
  }
  queue_ = std::move(others);
  queue_rows_ -= rows;
  return batch;
}

void PredictionService::answer(std::vector<Waiting>& joined) {
  const Clock::time_point now = Clock::now();
  const auto is_late = [now](const Waiting& waiting) { return waiting.expires < now; };
  for (Waiting& waiting : joined)
    if (is_late(waiting))
      waiting.promise.set_exception(std::make_exception_ptr(
          RequestError(overloaded, "the request waited too long for others; try again")));
  std::erase_if(joined, is_late);
  if (joined.empty()) return;
  PredictionBatch batch{.inputs = {}, .samples = joined[0].samples};
  std::int64_t rows = 0;
  for (const Waiting& waiting : joined) {
    batch.inputs.push_back(waiting.inputs);
    batch.expires = std::max(batch.expires, waiting.expires);
    rows += waiting.inputs->size();
  }
  if (observer_) observer_->on_batch(std::ssize(joined), rows);
  try {
    std::vector<Predictions> predictions = predict_(batch);
    for (std::size_t i = 0; i < joined.size(); ++i)
      joined[i].promise.set_value(std::move(predictions[i]));
  } catch (...) {
    for (Waiting& waiting : joined) waiting.promise.set_exception(std::current_exception());
  }
}

void PredictionService::work() {
  for (std::vector<Waiting> batch = take(); !batch.empty(); batch = take()) answer(batch);
}

}  // namespace credence
