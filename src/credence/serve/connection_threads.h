#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "credence/serve/listener.h"

namespace credence {

/// A thread for each connection, up to a limit, kept for the next one. Its end waits for all.
class ConnectionThreads {
 public:
  using Serve = std::function<void(Descriptor)>;

  ConnectionThreads(std::int64_t most, Serve serve) : most_(most), serve_(std::move(serve)) {}
  ~ConnectionThreads();
  ConnectionThreads(const ConnectionThreads&) = delete;
  ConnectionThreads& operator=(const ConnectionThreads&) = delete;

  /// Takes the connection, unless all threads are busy: then it stays as it is, and false.
  bool start(Descriptor& connection);

 private:
  void work();

  std::int64_t most_;
  Serve serve_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Descriptor> queue_;
  std::int64_t idle_ = 0;  // threads that wait, less the connections that wait for them
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace credence
