#pragma once

#include <condition_variable>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "credence/checkpoint/checkpoint.h"

namespace credence {

/// Writes checkpoints in a thread of its own, from a copy of the tensors whose memory is kept: the
/// training pauses for as long as copying takes.
class CheckpointWriter {
 public:
  using Written = std::function<void(const std::filesystem::path& file, bool is_best)>;

  /// `written` is called, in that thread, after each that is whole.
  CheckpointWriter(std::filesystem::path directory, Written written);
  /// Ends when what was begun is written.
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  /// Copies the tensors and returns; they are then written as by save_checkpoint. Waits first for
  /// the one before, and throws what that has thrown.
  void begin(std::span<const NamedTensor> model, std::span<const NamedTensor> optimizer,
             const CheckpointInfo& info, bool is_best = false);
  /// Until all is written. Throws what writing has thrown.
  void finish();
  /// Whether something is still being written: finish() would wait for it.
  bool is_busy();

 private:
  void work();
  void wait(std::unique_lock<std::mutex>& lock);

  std::filesystem::path directory_;
  Written written_;
  std::vector<NamedTensor> model_, optimizer_;
  CheckpointInfo info_;
  bool is_best_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_busy_ = false, is_ending_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace credence
