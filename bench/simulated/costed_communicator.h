#pragma once

#include <cstdint>
#include <memory>

#include "credence/comm/communicator.h"

namespace credence::simulated {

/// Passes exchanges on to another communicator, counts those under way, and takes the time that it
/// costs to add what came: sums are computed too fast, or not at all, where ranks are simulated.
class CostedCommunicator final : public Communicator {
 public:
  /// `gradients`: what comes into it is in its place; what comes elsewhere is to be added.
  /// `add_bytes_per_s`: zero adds for nothing.
  CostedCommunicator(Communicator& inner, Buffer gradients, double add_bytes_per_s);

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  Request start_exchange(Buffer out, Buffer in, int peer, int tag) override;
  Request start_sum(Buffer buffer) override { return inner_.start_sum(buffer); }
  Request start_reduce_scatter(Buffer src, Buffer dst) override {
    return inner_.start_reduce_scatter(src, dst);
  }
  Request start_all_gather(Buffer src, Buffer dst) override {
    return inner_.start_all_gather(src, dst);
  }
  void send(Buffer buffer, int destination, int tag) override {
    inner_.send(buffer, destination, tag);
  }
  void receive(Buffer buffer, int source, int tag) override { inner_.receive(buffer, source, tag); }
  void broadcast(Buffer buffer, int root) override { inner_.broadcast(buffer, root); }
  void barrier() override { inner_.barrier(); }
  std::unique_ptr<Communicator> split(int color, int key) override {
    return inner_.split(color, key);
  }
  [[noreturn]] void abort(ExitCode code) override;

  std::int64_t under_way() const { return started_ - finished_; }
  std::int64_t finished() const { return finished_; }

 private:
  Communicator& inner_;
  Buffer gradients_;
  double add_bytes_per_s_;
  std::int64_t started_ = 0, finished_ = 0;
};

}  // namespace credence::simulated
