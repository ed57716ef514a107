#include "credence/terminal/run_watch.h"

#include <cmath>
#include <ctime>
#include <sstream>

#include <sys/stat.h>

#include "credence/base/clock.h"
#include "credence/base/file_lock.h"
#include "credence/base/table.h"
#include "credence/base/text.h"
#include "credence/records/summary.h"
#include "credence/terminal/progress_observer.h"

namespace credence {
namespace {

constexpr int widest_bar = 30;
constexpr int narrowest_bar = 6;
constexpr std::size_t most_epochs_at_once = 10;

std::string part_of(std::int64_t done, std::int64_t all) {
  return all > 0 ? concat(done, "/", all) : std::to_string(done);
}

/// "member 2  epoch 1/5".
std::string place_of(const RunCourse& course) {
  const std::string member = course.member > 0 ? concat("member ", course.member, "  ") : "";
  return concat(member, "epoch ", part_of(course.epoch, course.epochs));
}

std::string step_of(const RunCourse& course) {
  return course.knows_length() ? part_of(course.step_in_epoch(), course.steps_per_epoch)
                               : concat("step ", course.step);
}

std::string pace_of(const RunCourse& course) {
  std::string text;
  if (course.samples_per_sec > 0)
    text += concat("  ", rate_text(course.samples_per_sec), " samples/s");
  const double left = course.seconds_left();
  if (std::isfinite(left)) text += "  ETA " + duration_text(left);
  return text;
}

std::string header_text(const RunCourse& course) {
  return concat(course.model, " on ", course.dataset, ", ", counted(course.ranks, "rank"), ", ",
                with_thousands(course.parameters), " parameters, batch ", course.global_batch_size);
}

/// "14:02:11", with the day if it is another one.
std::string time_text(double seconds, double now) {
  const auto text = [](double at, const char* format) {
    const auto time = static_cast<std::time_t>(at);
    std::tm parts{};
    ::localtime_r(&time, &parts);
    char buffer[32];
    return std::string(buffer, std::strftime(buffer, sizeof(buffer), format, &parts));
  };
  const bool is_today = text(seconds, "%F") == text(now, "%F");
  return text(seconds, is_today ? "%T" : "%F %T");
}

}  // namespace

std::string epoch_text(const RunCourse& course) {
  std::string text = concat(place_of(course), "  ", text_of(course.figures));
  if (!course.validation.empty()) text += "  " + text_of(course.validation);
  if (course.samples_per_sec > 0)
    text += concat("  ", rate_text(course.samples_per_sec), " samples/s");
  return text;
}

std::vector<std::string> view_of(const RunCourse& course, int columns, bool color) {
  if (!course.has_begun && course.step == 0) return {"waiting for the first record"};
  const int width = columns - 1;  // a full line would wrap on some terminals
  std::vector<std::string> lines;
  const std::string head = place_of(course) + " ", rest = " " + step_of(course) + pace_of(course);
  const int room = std::min(width - display_width(head) - display_width(rest), widest_bar);
  if (course.knows_length() && room >= narrowest_bar) {
    const double part =
        static_cast<double>(course.step_in_epoch()) / static_cast<double>(course.steps_per_epoch);
    lines.push_back(head + progress_bar(part, room, color) + rest);
  } else {
    lines.emplace_back(fit_width(head + rest, width));
  }
  for (const RunCourse::Figures& figures : {course.figures, course.validation})
    if (!figures.empty()) lines.emplace_back(fit_width(text_of(figures), width));
  const std::string title = "loss  ";
  const std::string line = sparkline(course.losses(), std::min(width - display_width(title), 60));
  if (!line.empty()) lines.push_back(title + line);
  return lines;
}

RunWatch::RunWatch(RunDirectory run, std::ostream& out, RunWatchOptions options)
    : run_(std::move(run)), out_(out), options_(std::move(options)), metrics_(run_.metrics()) {
  if (!options_.clock_s) options_.clock_s = wall_seconds;
}

RunWatch::~RunWatch() {
  out_.flush();
}

bool RunWatch::update() {
  take(metrics_.read());
  if (course_.has_ended && finish()) return true;
  const std::optional<std::string> quiet = silence();
  if (options_.screen.terminal)
    draw_view(quiet);
  else
    tell_progress(quiet);
  return false;
}

void RunWatch::take(const FileTail::News& news) {
  if (news.begins_again) {
    tell("metrics.jsonl was cut back: the run goes on from an earlier step");
    course_ = RunCourse();
    end_told_ = false;
    last_told_step_ = 0;
  }
  std::vector<std::string> epochs;
  for (const std::string& line : news.lines) {
    const RunCourse::Line kind = course_.add(line);
    if (kind == RunCourse::Line::header) tell(header_text(course_));
    if (kind != RunCourse::Line::epoch) continue;
    epochs.push_back(epoch_text(course_));
    last_told_step_ = course_.step;
  }
  tell_epochs(epochs);
  if (course_.has_ended && !end_told_) {
    tell("trained in " + duration_text(course_.train_seconds));
    end_told_ = true;
  }
}

void RunWatch::tell_epochs(const std::vector<std::string>& lines) {
  const std::size_t left_out =
      lines.size() > most_epochs_at_once ? lines.size() - most_epochs_at_once : 0;
  if (left_out > 0)
    tell(concat("(", counted(static_cast<long long>(left_out), "epoch"), " before)"));
  for (std::size_t i = left_out; i < lines.size(); ++i) tell(lines[i]);
  if (!lines.empty()) last_told_s_ = options_.clock_s();
}

void RunWatch::tell(const std::string& line) {
  erase_view();
  out_ << (options_.screen.terminal ? fit_items(line, options_.screen.columns()) : line)
       << std::endl;
}

void RunWatch::erase_view() {
  if (lines_shown_ > 0) out_ << "\x1b[" << lines_shown_ << "A\r\x1b[J";
  lines_shown_ = 0;
}

void RunWatch::draw_view(const std::optional<std::string>& quiet) {
  const int columns = options_.screen.columns();
  std::vector<std::string> lines = view_of(course_, columns, options_.screen.color);
  if (course_.has_ended) lines.emplace_back("testing");
  std::istringstream says(wrap_words(quiet.value_or(""), columns - 1));
  for (std::string line; std::getline(says, line);)
    lines.emplace_back(fit_width(line, columns - 1));
  erase_view();
  for (const std::string& line : lines) out_ << line << '\n';
  out_.flush();
  lines_shown_ = static_cast<int>(lines.size());
}

void RunWatch::tell_progress(const std::optional<std::string>& quiet) {
  const double now_s = options_.clock_s();
  const bool is_due = options_.once || now_s - last_told_s_ >= options_.screen.line_interval_s;
  if (is_due && course_.step != last_told_step_ && !course_.has_ended) {
    tell(concat(place_of(course_), "  ", step_of(course_), "  ", text_of(course_.figures),
                pace_of(course_)));
    last_told_s_ = now_s;
    last_told_step_ = course_.step;
  }
  if (quiet && !silence_told_) tell(*quiet);
  silence_told_ = quiet.has_value();
}

std::optional<std::string> RunWatch::silence() const {
  struct stat status {};
  if (::stat(run_.metrics().c_str(), &status) != 0 && ::stat(run_.config().c_str(), &status) != 0)
    return std::nullopt;
  const auto written_s = static_cast<double>(status.st_mtime);
  const double now_s = options_.clock_s();
  const bool is_silent = now_s - written_s >= options_.silence_s;
  if (!is_silent && !options_.once) return std::nullopt;
  const bool is_left = !is_locked(run_.metrics()).value_or(true);
  if (!is_silent && !is_left) return std::nullopt;
  std::string text = concat("nothing new since ", time_text(written_s, now_s), ", for ",
                            duration_text(now_s - written_s));
  if (is_left)
    text +=
        concat("; no process is seen to write it: if its job has ended, credence train --resume ",
               run_.path().string(), " goes on with it");
  return text;
}

bool RunWatch::finish() {
  std::error_code error;
  if (!std::filesystem::exists(run_.summary(), error)) return false;
  const Summary summary = read_summary(run_.summary());
  if (!summary.test.empty()) tell(concat("test  ", text_of(summary.test)));
  tell(concat("ended  ", counted(summary.epochs, "epoch"), "  ", counted(summary.steps, "step"),
              "  ", rate_text(summary.samples_per_sec), " samples/s"));
  return true;
}

}  // namespace credence
