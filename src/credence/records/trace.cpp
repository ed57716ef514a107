#include "credence/records/trace.h"

#include <array>
#include <limits>

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/json.h"

namespace credence {
namespace {

double microseconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) * 1e-3;
}

using Clock = Timeline::Clock;

constexpr int clock_tag = 1;
constexpr int clock_questions = 20;

/// Exact up to 2^53 ns, 104 days, and to a few ns beyond.
double nanoseconds_of(Clock::time_point time) {
  return std::chrono::duration<double, std::nano>(time.time_since_epoch()).count();
}

void answer_clock(Communicator& communicator, int rank) {
  std::array<double, 1> message{};
  for (int i = 0; i < clock_questions; ++i) {
    communicator.receive(std::span<double>(message), rank, clock_tag);
    message[0] = nanoseconds_of(Clock::now());
    communicator.send(std::span<double>(message), rank, clock_tag);
  }
}

/// What is to be added to this rank's clock to get that of rank 0, in ns.
double ask_clock(Communicator& communicator) {
  double offset = 0, shortest = std::numeric_limits<double>::infinity();
  std::array<double, 1> message{};
  for (int i = 0; i < clock_questions; ++i) {
    const double asked = nanoseconds_of(Clock::now());
    communicator.send(std::span<double>(message), 0, clock_tag);
    communicator.receive(std::span<double>(message), 0, clock_tag);
    const double answered = nanoseconds_of(Clock::now());
    if (answered - asked >= shortest) continue;
    shortest = answered - asked;
    offset = message[0] - (asked + answered) / 2;
  }
  return offset;
}

}  // namespace

void align_origins(Timeline& timeline, Communicator& communicator) {
  double offset = 0;
  if (communicator.rank() > 0) {
    offset = ask_clock(communicator);
  } else {
    for (int rank = 1; rank < communicator.size(); ++rank) answer_clock(communicator, rank);
  }
  std::array<double, 1> origin{nanoseconds_of(timeline.origin())};
  communicator.broadcast(std::span<double>(origin), 0);
  const std::chrono::duration<double, std::nano> own(origin[0] - offset);
  timeline.set_origin(Clock::time_point(std::chrono::duration_cast<Clock::duration>(own)));
}

void write_trace(const std::filesystem::path& path, const Timeline& timeline, int rank) {
  std::string text = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
  text += concat("{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":", rank,
                 ",\"args\":{\"name\":\"rank ", rank, "\"}}");
  for (const Timeline::Span& span : timeline.spans()) {
    const Timeline::Work& work = timeline.works()[static_cast<std::size_t>(span.work)];
    const std::string name = work.name.empty() ? name_of(work.phase) : work.name;
    const Field fields[] = {{"name", name},
                            {"cat", std::string(name_of(work.phase))},
                            {"ph", std::string("X")},
                            {"pid", std::int64_t{rank}},
                            {"tid", std::int64_t{0}},
                            {"ts", microseconds(span.begin_ns)},
                            {"dur", microseconds(span.end_ns - span.begin_ns)}};
    text += ",\n" + json_object(fields);
  }
  text += "\n]}\n";
  write_file(path, text);
}

std::vector<TraceSpan> read_trace(const std::filesystem::path& path) {
  constexpr double microsecond = 1e-6;
  const std::string text = read_file(path);
  try {
    const auto json = nlohmann::json::parse(text);
    std::vector<TraceSpan> spans;
    for (const auto& event : json.at("traceEvents")) {
      if (event.at("ph") != "X") continue;
      const double begin_s = microsecond * event.at("ts").get<double>();
      spans.push_back({.name = event.at("name"),
                       .phase = event.at("cat"),
                       .begin_s = begin_s,
                       .end_s = begin_s + microsecond * event.at("dur").get<double>()});
    }
    return spans;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(concat(path.string(), ": expected a trace, got ", error.what()));
  }
}

std::filesystem::path trace_path(const std::filesystem::path& path, int rank) {
  if (rank == 0) return path;
  std::filesystem::path own = path;
  return own.replace_filename(
      concat(path.stem().string(), ".rank", rank, path.extension().string()));
}

}  // namespace credence
