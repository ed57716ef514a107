#include "credence/report/trace.h"

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/json.h"

namespace credence {
namespace {

double microseconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) * 1e-3;
}

}  // namespace

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

std::filesystem::path trace_path(const std::filesystem::path& path, int rank) {
  if (rank == 0) return path;
  std::filesystem::path own = path;
  return own.replace_filename(
      concat(path.stem().string(), ".rank", rank, path.extension().string()));
}

}  // namespace credence
