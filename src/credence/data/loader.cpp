#include "credence/data/loader.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "credence/base/errors.h"
#include "credence/kernels/parallel.h"

namespace credence {

/// The background thread: it reads one step at a time into the loader's next slot. Between start()
/// and wait() the slot is its own.
class Loader::ReadAhead {
 public:
  explicit ReadAhead(Loader& loader) : loader_(loader), thread_([this] { run(); }) {}

  ~ReadAhead() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void start(std::uint64_t step) {
    {
      const std::lock_guard lock(mutex_);
      asked_ = step;
      failure_ = nullptr;
    }
    changed_.notify_all();
  }

  /// Returns when nothing is being read. Throws what went wrong if that was with this step.
  void wait(std::uint64_t step) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !asked_; });
    if (failure_ && failed_step_ == step) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  void run() {
    set_thread_count(1);  // of this thread: the others belong to forward and backward
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || asked_; });
      if (ending_) return;
      const std::uint64_t step = *asked_;
      lock.unlock();
      std::exception_ptr failure;
      try {
        loader_.fill(loader_.next_, step);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      failure_ = failure;
      failed_step_ = step;
      asked_.reset();
      changed_.notify_all();
    }
  }

  Loader& loader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::uint64_t> asked_;  ///< what is to be read or being read
  std::exception_ptr failure_;
  std::uint64_t failed_step_ = 0;
  bool ending_ = false;
  std::thread thread_;  // the last member: it uses the others
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options, int rank,
               int size)
    : dataset_(std::move(dataset)), plan_(*dataset_, options, rank, size) {
  const bool reads_ahead = options.prefetch && !dataset_->is_in_memory();
  for (Slot* slot : {&current_, &next_}) {
    slot->src = Tensor(dataset_->src_shape().prepend(plan_.max_rows()));
    slot->target = Tensor(dataset_->target_shape().prepend(plan_.max_rows()));
    slot->batch.indices.reserve(static_cast<std::size_t>(plan_.max_rows()));
    if (!reads_ahead) break;
  }
  if (reads_ahead) read_ahead_ = std::make_unique<ReadAhead>(*this);
}

Loader::~Loader() = default;

const Batch& Loader::load(std::uint64_t step) {
  if (!read_ahead_) {
    if (current_.step != step) fill(current_, step);
    return current_.batch;
  }
  read_ahead_->wait(step);
  if (next_.step == step)
    std::swap(current_, next_);
  else if (current_.step != step)
    fill(current_, step);
  if (next_.step != step + 1) read_ahead_->start(step + 1);
  return current_.batch;
}

void Loader::fill(Slot& slot, std::uint64_t step) const {
  slot.step.reset();
  Batch& batch = slot.batch;
  plan_.describe(step, batch);
  const auto rows = static_cast<std::int64_t>(batch.indices.size());
  batch.src = slot.src.rows(0, rows);
  batch.target = slot.target.rows(0, rows);
  if (rows > 0) dataset_->read(batch.indices, step, batch.src, batch.target);
  slot.step = step;
}

}  // namespace credence
