#include "credence/comm/heartbeat.h"

#include <algorithm>
#include <csignal>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "credence/base/clock.h"
#include "credence/base/descriptor.h"
#include "credence/base/files.h"
#include "credence/comm/topology.h"

namespace credence {

Heartbeat::Heartbeat(std::filesystem::path folder, int rank)
    : file_(heartbeat_file(folder, rank)),
      signal_file_(heartbeat_signal_file(folder)),
      record_{.rank = rank, .host = this_place(1).host, .process = ::getpid()} {}

void Heartbeat::beat(const Activity& activity, bool has_ended) {
  ++record_.beat;
  record_.time = wall_seconds();
  record_.step = activity.step();
  const char* const operation = activity.operation();
  record_.waits = operation != nullptr;
  record_.operation = record_.waits ? operation : activity.phase();
  record_.has_ended = has_ended;
  record_.run = activity.run();
  const std::string text = text_of(record_);
  // Opened and closed each time: only so do other hosts see it soon, on network file systems.
  const Descriptor file(::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file.is_open()) return;
  [[maybe_unused]] const auto written = ::pwrite(file.get(), text.data(), text.size(), 0);
}

void Heartbeat::take_signals() {
  std::istringstream numbers(read_file_if_any(signal_file_));
  std::size_t count = 0;
  for (int number = 0; numbers >> number; ++count)
    if (count >= signals_taken_ && number > 0) ::kill(::getpid(), number);
  signals_taken_ = std::max(signals_taken_, count);
}

}  // namespace credence
