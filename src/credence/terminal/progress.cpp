#include "credence/terminal/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credence/base/descriptor.h"
#include "credence/base/errors.h"
#include "credence/base/table.h"
#include "credence/base/text.h"

namespace credence {
namespace {

constexpr int widest_bar = 30;
constexpr int narrowest_bar = 6;
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view plain = "\x1b[0m";
constexpr std::string_view erase_line = "\r\x1b[K";

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

template <class... Values>
std::string print(const char* format, Values... values) {
  char text[64];
  std::snprintf(text, sizeof(text), format, values...);
  return text;
}

std::string text_of(const Field& field) {
  if (const auto* number = std::get_if<double>(&field.value)) return print("%.4g", *number);
  if (const auto* text = std::get_if<std::string>(&field.value)) return *text;
  if (const auto* flag = std::get_if<bool>(&field.value)) return *flag ? "yes" : "no";
  return std::to_string(std::get<std::int64_t>(field.value));
}

std::string part_of(std::int64_t done, std::int64_t all) {
  return all > 0 ? concat(done, "/", all) : std::to_string(done);
}

/// Epochs that there are: work that is none of them is one piece.
std::int64_t all_epochs(const ProgressUpdate& p) {
  return p.work.empty() ? p.epochs : 1;
}

std::int64_t all_steps(const ProgressUpdate& p) {
  return std::max<std::int64_t>(p.epoch - 1, 0) * p.steps + p.step;
}

int columns_of(int file_descriptor) {
  winsize size{};
  return ::ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// The terminal that this one stands for; -1 if there is none. A launcher such as mpirun may give a
/// rank a terminal of its own, without a size, and copy what comes out of it to wherever its own
/// output goes, be it a file.
int terminal_behind(int file_descriptor) {
  if (::isatty(file_descriptor) != 1) return -1;
  if (columns_of(file_descriptor) > 0) return file_descriptor;
  const std::string outside = concat("/proc/", ::getppid(), "/fd/1");
  struct stat status {};
  if (::stat(outside.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return -1;
  Descriptor opened(::open(outside.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  return ::isatty(opened.get()) == 1 ? opened.release() : -1;
}

}  // namespace

std::string progress_bar(double part, int width, bool color) {
  const auto inside = static_cast<std::size_t>(width - 2);
  const auto filled =
      static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(inside));
  std::string done(filled, '=');
  if (filled < inside) done += '>';
  const std::string rest(inside - done.size(), ' ');
  return color ? concat("[", green, done, plain, rest, "]") : concat("[", done, rest, "]");
}

std::string rate_text(double rate) {
  return rate < 100 ? print("%.3g", rate) : with_thousands(std::llround(rate));
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e9) return "-:--";
  const long long s = std::llround(seconds);
  const long long days = s / 86400, hours = s / 3600 % 24, minutes = s / 60 % 60;
  if (days > 0) return print("%lldd %02lld:%02lld", days, hours, minutes);
  if (hours > 0) return print("%lld:%02lld:%02lld", hours, minutes, s % 60);
  return print("%lld:%02lld", minutes, s % 60);
}

ProgressOptions progress_options(int file_descriptor) {
  const char* kind = std::getenv("TERM");
  const bool moves_cursor = kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
  const int terminal = moves_cursor ? terminal_behind(file_descriptor) : -1;
  ProgressOptions options;
  options.terminal = terminal >= 0;
  options.color = options.terminal && !is_set("NO_COLOR");
  options.columns = [terminal] {
    const int columns = columns_of(terminal);
    return columns > 0 ? columns : 80;
  };
  return options;
}

Progress::Progress(std::ostream& out, ProgressOptions options)
    : out_(out), options_(std::move(options)) {
  if (!options_.clock_s) options_.clock_s = steady_seconds;
}

Progress::~Progress() {
  if (bar_shown_) out_ << std::endl;
}

void Progress::update(const ProgressUpdate& progress) {
  if (!options_.terminal && !progress.work.empty()) return;
  const double now_s = options_.clock_s();
  if (first_step_ < 0 || work_ != progress.work) {
    work_ = progress.work;
    first_step_ = all_steps(progress);
    first_s_ = now_s;
    last_shown_s_ = options_.terminal ? -std::numeric_limits<double>::infinity() : now_s;
  }
  const double interval_s =
      options_.terminal ? options_.redraw_interval_s : options_.line_interval_s;
  if (now_s - last_shown_s_ < interval_s) return;
  last_shown_s_ = now_s;
  if (options_.terminal) return redraw(progress, now_s);
  out_ << "epoch " << part_of(progress.epoch, progress.epochs) << "  step " << tail(progress, now_s)
       << std::endl;
}

void Progress::clear() {
  if (bar_shown_) out_ << erase_line << std::flush;
  bar_shown_ = false;
}

void Progress::finish_line(std::string_view text) {
  clear();
  if (!options_.terminal) last_shown_s_ = options_.clock_s();
  const bool is_one_line = text.find('\n') == std::string_view::npos;
  if (options_.terminal && is_one_line)
    out_ << fit_items(std::string(text), options_.columns()) << std::endl;
  else
    out_ << text << std::endl;
}

std::string Progress::tail(const ProgressUpdate& p, double now_s) const {
  std::string text = part_of(p.step, p.steps);
  for (const Field& field : p.fields) text += concat("  ", field.key, " ", text_of(field));
  if (p.samples_per_sec > 0) text += concat("  ", rate_text(p.samples_per_sec), " samples/s");
  if (p.steps > 0 && all_epochs(p) > 0) {
    const std::int64_t left = all_epochs(p) * p.steps - all_steps(p);
    const std::int64_t done = all_steps(p) - first_step_;
    const double left_s =
        done > 0 ? (now_s - first_s_) / static_cast<double>(done) * static_cast<double>(left)
                 : std::numeric_limits<double>::infinity();
    text += "  ETA " + duration_text(left_s);
  }
  return text;
}

void Progress::redraw(const ProgressUpdate& progress, double now_s) {
  const std::string head = progress.work.empty()
                               ? concat("epoch ", part_of(progress.epoch, progress.epochs), " ")
                               : concat(progress.work, " ");
  const std::string rest = tail(progress, now_s);
  const int columns = options_.columns() - 1;  // a full line would wrap on some terminals
  const int room = std::min(columns - display_width(head) - display_width(rest) - 1, widest_bar);
  out_ << erase_line;
  if (progress.steps > 0 && room >= narrowest_bar)
    out_ << head
         << progress_bar(static_cast<double>(progress.step) / static_cast<double>(progress.steps),
                         room, options_.color)
         << ' ' << rest;
  else
    out_ << fit_width(head + rest, columns);
  out_.flush();
  bar_shown_ = true;
}

}  // namespace credence
