#pragma once

#include <optional>

#include "credence/records/file_tail.h"
#include "credence/records/run_course.h"
#include "credence/records/run_directory.h"
#include "credence/terminal/progress.h"

namespace credence {

struct RunWatchOptions {
  ProgressOptions screen;           ///< line_interval_s: between lines for steps
  double silence_s = 60;            ///< after which a run is said to be silent
  bool once = false;                ///< one look: that no process writes it is said at once
  std::function<double()> clock_s;  ///< since 1970; the system's unless given
};

/// Shows how a run goes on, from the files in its directory: on a terminal a view redrawn in place,
/// below a line for each epoch; elsewhere lines alone.
class RunWatch {
 public:
  RunWatch(RunDirectory run, std::ostream& out, RunWatchOptions options);
  /// Leaves the view as it is, above what comes.
  ~RunWatch();
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;

  /// Takes in what is new, and shows it. True once the run is complete.
  bool update();

 private:
  void take(const FileTail::News& news);
  void tell(const std::string& line);
  void tell_epochs(const std::vector<std::string>& lines);
  void erase_view();
  void draw_view(const std::optional<std::string>& silence);
  void tell_progress(const std::optional<std::string>& silence);
  bool finish();
  /// What to say of a run that has written nothing for long.
  std::optional<std::string> silence() const;

  RunDirectory run_;
  std::ostream& out_;
  RunWatchOptions options_;
  FileTail metrics_;
  RunCourse course_;
  int lines_shown_ = 0;
  double last_told_s_ = 0;
  std::int64_t last_told_step_ = 0;
  bool silence_told_ = false, end_told_ = false;
};

/// "epoch 2/5  loss 0.2 ...": what is known after a line of an epoch.
std::string epoch_text(const RunCourse& course);

/// The view: a bar, the last figures, those of validation, the course of the loss, in so many
/// columns.
std::vector<std::string> view_of(const RunCourse& course, int columns, bool color);

}  // namespace credence
