#include "credence/checkpoint/checkpoint_writer.h"

#include <utility>

#include "credence/checkpoint/checkpoint_folder.h"

namespace credence {
namespace {

/// Makes `to` a copy of `from`, in the memory that it has if that fits.
void copy(std::span<const NamedTensor> from, std::vector<NamedTensor>& to) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const Tensor& tensor = from[i].tensor;
    const bool fits = to[i].tensor.dtype() == tensor.dtype() &&
                      to[i].tensor.shape() == tensor.shape() && !to[i].tensor.empty();
    to[i].name = from[i].name;
    if (fits)
      to[i].tensor.copy_from(tensor);
    else
      to[i].tensor = tensor.clone();
  }
}

}  // namespace

CheckpointWriter::CheckpointWriter(std::filesystem::path directory, Written written)
    : directory_(std::move(directory)), written_(std::move(written)), thread_([this] { work(); }) {}

CheckpointWriter::~CheckpointWriter() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !is_busy_; });
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CheckpointWriter::begin(std::span<const NamedTensor> model,
                             std::span<const NamedTensor> optimizer, const CheckpointInfo& info,
                             bool is_best) {
  std::unique_lock lock(mutex_);
  wait(lock);
  copy(model, model_);
  copy(optimizer, optimizer_);
  info_ = info;
  is_best_ = is_best;
  is_busy_ = true;
  lock.unlock();
  changed_.notify_all();
}

void CheckpointWriter::finish() {
  std::unique_lock lock(mutex_);
  wait(lock);
}

bool CheckpointWriter::is_busy() {
  const std::lock_guard lock(mutex_);
  return is_busy_;
}

void CheckpointWriter::wait(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return !is_busy_; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void CheckpointWriter::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_busy_ || is_ending_; });
    if (!is_busy_) return;
    lock.unlock();  // nobody touches the copies while is_busy_
    std::exception_ptr failure;
    try {
      written_(save_checkpoint(directory_, model_, optimizer_, info_), is_best_);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure;
    is_busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace credence
