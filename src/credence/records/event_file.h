#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "credence/base/clock.h"
#include "credence/records/append_file.h"
#include "credence/records/wire_message.h"

namespace credence {

/// Writer of a TensorBoard event file: records of a length, data and their checksums, the data
/// messages Event of TensorFlow's event.proto.
///
/// Errors  as AppendFile.
/// Source  tensorflow/core/util/event.proto, tensorflow/tsl/lib/io/record_writer.h.
class EventFile {
 public:
  using Clock = std::function<double()>;

  explicit EventFile(const std::filesystem::path& path, Clock clock = wall_seconds);

  /// Values (event_values.h) of one step.
  void write(std::int64_t step, const std::vector<WireMessage>& values);
  /// The program has begun again: what was told of this step and later ones, in other files of the
  /// directory too, is void.
  void write_start(std::int64_t step);
  double now() const { return clock_(); }

 private:
  void write_event(const WireMessage& event);

  AppendFile file_;
  Clock clock_;
};

/// "events.out.tfevents.1700000000.node7".
std::string event_file_name(double seconds);

}  // namespace credence
