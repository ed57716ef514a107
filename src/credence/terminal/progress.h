#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "credence/base/json.h"

namespace credence {

struct ProgressOptions {
  bool terminal = false;  ///< redraw one line in place, rather than write lines one after the other
  bool color = false;
  std::function<int()> columns = [] { return 80; };  ///< the terminal's width, asked at each redraw
  std::function<double()> clock_s;                   ///< the steady clock unless given
  double redraw_interval_s = 0.1;
  double line_interval_s = 10.0;
};

/// Options for a file descriptor: a terminal if it is one that can move its cursor and is seen by
/// someone (mpirun's own may end in a file), in colour unless NO_COLOR is set
/// (https://no-color.org).
ProgressOptions progress_options(int file_descriptor);

/// How far a run has come. Epochs and steps count from 1; steps are those of an epoch.
struct ProgressUpdate {
  std::string_view work = {};  ///< "test": something else than an epoch, shown on terminals alone
  std::int64_t epoch = 0;
  std::int64_t epochs = 0;
  std::int64_t step = 0;
  std::int64_t steps = 0;
  std::span<const Field> fields = {};  ///< shown as they are named: loss 0.1234
  double samples_per_sec = 0;
};

/// Shows the progress of training: a bar redrawn in place on a terminal; in a file or pipe a line
/// every ten seconds or so. finish_line() adds a line that stays, such as one for each epoch.
class Progress {
 public:
  explicit Progress(std::ostream& out, ProgressOptions options = {});
  /// Ends the line of a bar still shown.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Cheap when nothing is due to be shown.
  void update(const ProgressUpdate& progress);
  /// Writes text in place of the bar. A line too long for the terminal is broken between items,
  /// which are two blanks apart.
  void finish_line(std::string_view text);
  /// Takes the bar away.
  void clear();

 private:
  std::string tail(const ProgressUpdate& progress, double now_s) const;
  void redraw(const ProgressUpdate& progress, double now_s);

  std::ostream& out_;
  ProgressOptions options_;
  bool bar_shown_ = false;
  double last_shown_s_ = -std::numeric_limits<double>::infinity();
  double first_s_ = 0;
  std::int64_t first_step_ = -1;  // of all epochs; -1 before the first update
  std::string work_;
};

/// "[===>   ]", so many columns wide.
std::string progress_bar(double part, int width, bool color);

/// "12,346", "5.25" of slow ones.
std::string rate_text(double rate);

/// "1:05", "2:03:09" or "3d 04:05"; "-:--" if it is not finite.
std::string duration_text(double seconds);

}  // namespace credence
