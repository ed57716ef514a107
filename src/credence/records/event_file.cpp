#include "credence/records/event_file.h"

#include <array>

#include <unistd.h>

#include "credence/base/crc32c.h"
#include "credence/base/errors.h"

namespace credence {
namespace {

/// A checksum of data that hold checksums would be weak, so they are stored in disguise.
std::uint32_t masked(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

}  // namespace

std::string event_file_name(double seconds) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return concat("events.out.tfevents.", static_cast<std::int64_t>(seconds), ".", host.data());
}

EventFile::EventFile(const std::filesystem::path& path, Clock clock)
    : file_(path), clock_(std::move(clock)) {
  write_event(WireMessage().add_double(1, clock_()).add_text(3, "brain.Event:2"));
}

void EventFile::write(std::int64_t step, const std::vector<WireMessage>& values) {
  WireMessage summary;
  for (const WireMessage& value : values) summary.add_message(1, value);
  write_event(WireMessage().add_double(1, clock_()).add_integer(2, step).add_message(5, summary));
}

void EventFile::write_start(std::int64_t step) {
  constexpr int start = 1;
  const WireMessage session_log = WireMessage().add_integer(1, start);
  write_event(
      WireMessage().add_double(1, clock_()).add_integer(2, step).add_message(7, session_log));
}

void EventFile::write_event(const WireMessage& event) {
  std::string record;
  append_little_endian(record, static_cast<std::uint64_t>(event.bytes().size()));
  append_little_endian(record, masked(crc32c(record)));
  record += event.bytes();
  append_little_endian(record, masked(crc32c(event.bytes())));
  file_.write(record);
}

}  // namespace credence
