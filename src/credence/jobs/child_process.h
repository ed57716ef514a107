#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "credence/base/descriptor.h"

namespace credence {

struct ChildOptions {
  std::vector<std::string> command;  ///< a program, looked for in PATH, and its arguments
  /// Variables set for it beside those that it inherits.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string directory = {};  ///< that it runs in; empty: this one
  /// Take what it writes, as it comes, while this process waits for it; null: it goes where this
  /// process's own goes. Its standard input is empty.
  std::function<void(std::string_view)> on_output = {};
  std::function<void(std::string_view)> on_errors = {};
};

/// How a process ended.
struct ChildEnd {
  int exit_code = 0;
  int signal = 0;  ///< that ended it; 0: none did

  /// As a shell tells it.
  int code() const { return signal != 0 ? 128 + signal : exit_code; }
};

/// Another program, in a process group of its own, which is ended with this object, and all that it
/// has started on this host with it. It gets SIGTERM if the thread that has started it ends before.
class ChildProcess {
 public:
  /// IoError, naming the program and the system's reason, if it cannot be started.
  explicit ChildProcess(const ChildOptions& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t id() const { return id_; }

  /// How it ended, if that comes in so many seconds; a signal to this process may cut them short.
  std::optional<ChildEnd> wait(double timeout_s);
  /// For good.
  ChildEnd wait();

  /// To it alone, and to its group.
  void signal(int number) const;
  void signal_group(int number) const;
  /// SIGTERM, and after so many seconds SIGKILL to whatever is left; also of a child that has ended
  /// and has left others behind.
  void end(double grace_s);
  /// The processes on this host that it started, they started, and so on, without itself.
  std::vector<pid_t> descendants() const;

 private:
  struct Stream {
    Descriptor from;
    std::function<void(std::string_view)> take;
  };

  void read_streams();
  bool wait_for_news(double timeout_s);
  bool has_ended();
  void kill_all();

  std::string mark_;  // in the environment of all that it starts
  pid_t id_ = -1;
  Descriptor process_;  // readable once it has ended, where the kernel has that
  std::vector<Stream> streams_;
  std::optional<ChildEnd> end_;
};

/// The whole path of a program as a shell finds it; empty if there is none.
std::string find_program(const std::string& name);

}  // namespace credence
