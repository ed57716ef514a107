#include "credence/jobs/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "credence/base/errors.h"
#include "credence/jobs/marked_processes.h"

extern char** environ;

namespace credence {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  require<IoError>(::pipe2(ends.data(), O_CLOEXEC) == 0,
                   "cannot make a pipe: ", std::strerror(errno));
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// All that the child needs between fork and exec, where memory may not be asked for.
struct Launch {
  std::string program;
  std::vector<std::string> words, variables;
  std::vector<char*> arguments, environment;
  std::string directory;
  int input = -1, output = -1, errors = -1;  // -1: inherited
  int failure = -1;                          // told of what went wrong
  pid_t parent = -1;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> variables_with(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const bool is_replaced = std::ranges::any_of(
        added, [&](const auto& pair) { return text.starts_with(pair.first + "="); });
    if (!is_replaced) variables.emplace_back(text);
  }
  for (const auto& [name, value] : added) variables.push_back(name + "=" + value);
  return variables;
}

[[noreturn]] void fail_in_child(const Launch& launch) {
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(launch.failure, &error, sizeof error);
  ::_exit(127);
}

void redirect(int from, int to) {
  if (from >= 0) ::dup2(from, to);
}

[[noreturn]] void run_child(const Launch& launch) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != launch.parent) ::_exit(127);  // it had gone before that
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int ignored : {SIGPIPE, SIGXFSZ}) std::signal(ignored, SIG_DFL);
  redirect(launch.input, STDIN_FILENO);
  redirect(launch.output, STDOUT_FILENO);
  redirect(launch.errors, STDERR_FILENO);
  if (!launch.directory.empty() && ::chdir(launch.directory.c_str()) != 0) fail_in_child(launch);
  ::execve(launch.program.c_str(), launch.arguments.data(), launch.environment.data());
  fail_in_child(launch);
}

/// Above those of the standard streams, whether these are open or not.
Descriptor moved_up(Descriptor descriptor) {
  if (descriptor.get() > STDERR_FILENO) return descriptor;
  return Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

pid_t start(const Launch& launch) {
  const pid_t id = ::fork();
  require<IoError>(id >= 0, "cannot start ", launch.words[0], ": ", std::strerror(errno));
  if (id == 0) run_child(launch);
  ::setpgid(id, id);  // whichever of the two comes first
  return id;
}

std::string new_mark() {
  static constexpr const char* variable = child_mark_variable;
  const char* const outer = std::getenv(variable);
  const auto now = Clock::now().time_since_epoch().count();
  return concat(outer == nullptr ? "" : outer, ":", ::getpid(), "-", now, ":");
}

}  // namespace

std::string find_program(const std::string& name) {
  const auto is_program = [](const std::string& path) {
    std::error_code error;
    return ::access(path.c_str(), X_OK) == 0 && !std::filesystem::is_directory(path, error);
  };
  if (name.find('/') != std::string::npos) return is_program(name) ? name : "";
  const char* const variable = std::getenv("PATH");
  std::string folders = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  folders += ':';
  for (std::size_t begin = 0; begin < folders.size();) {
    const std::size_t end = folders.find(':', begin);
    const std::string path = (end == begin ? "." : folders.substr(begin, end - begin)) + "/" + name;
    if (is_program(path)) return path;
    begin = end + 1;
  }
  return "";
}

ChildProcess::ChildProcess(const ChildOptions& options) : mark_(new_mark()) {
  require<IoError>(!options.command.empty(), "cannot start a command without words");
  auto environment = options.environment;
  environment.emplace_back(child_mark_variable, mark_);
  Launch launch{.program = find_program(options.command[0]),
                .words = options.command,
                .variables = variables_with(environment),
                .directory = options.directory,
                .parent = ::getpid()};
  require<IoError>(!launch.program.empty(), "cannot start ", options.command[0],
                   ": there is no such program, here or in PATH");
  launch.arguments = pointers_to(launch.words);
  launch.environment = pointers_to(launch.variables);

  const Descriptor input = moved_up(Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  launch.input = input.get();
  std::vector<Descriptor> written;  // by the child
  const auto take = [&](const auto& taker, int& target) {
    if (!taker) return;
    Pipe pipe = make_pipe();
    ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
    written.push_back(moved_up(std::move(pipe.write)));
    target = written.back().get();
    streams_.push_back({moved_up(std::move(pipe.read)), taker});
  };
  take(options.on_output, launch.output);
  take(options.on_errors, launch.errors);
  Pipe failure = make_pipe();
  failure.write = moved_up(std::move(failure.write));
  launch.failure = failure.write.get();

  id_ = start(launch);
  failure.write.close();
  int error = 0;
  if (::read(failure.read.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(id_, nullptr, 0);
    throw IoError(concat("cannot start ", launch.program, ": ", std::strerror(error)));
  }
  process_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
}

ChildProcess::~ChildProcess() {
  kill_all();
}

void ChildProcess::read_streams() {
  std::array<char, 65536> text{};
  for (Stream& stream : streams_) {
    while (stream.from.is_open()) {
      const ssize_t count = ::read(stream.from.get(), text.data(), text.size());
      if (count > 0) {
        stream.take({text.data(), static_cast<std::size_t>(count)});
      } else if (count == 0) {
        stream.from.close();
      } else if (errno != EINTR) {
        break;
      }
    }
  }
}

/// False if a signal came.
bool ChildProcess::wait_for_news(double timeout_s) {
  std::vector<pollfd> watched;
  if (process_.is_open()) watched.push_back({process_.get(), POLLIN, 0});
  for (const Stream& stream : streams_)
    if (stream.from.is_open()) watched.push_back({stream.from.get(), POLLIN, 0});
  constexpr double look_s = 0.02;  // where the kernel does not tell of the end
  const double limit_s = process_.is_open() ? timeout_s : std::min(timeout_s, look_s);
  const timespec limit{.tv_sec = static_cast<std::time_t>(limit_s),
                       .tv_nsec = static_cast<long>((limit_s - std::floor(limit_s)) * 1e9)};
  return ::ppoll(watched.data(), watched.size(), &limit, nullptr) >= 0 || errno != EINTR;
}

bool ChildProcess::has_ended() {
  if (end_) return true;
  int status = 0;
  if (::waitpid(id_, &status, WNOHANG) != id_) return false;
  end_ = WIFSIGNALED(status) ? ChildEnd{.signal = WTERMSIG(status)}
                             : ChildEnd{.exit_code = WEXITSTATUS(status)};
  return true;
}

std::optional<ChildEnd> ChildProcess::wait(double timeout_s) {
  const auto deadline = Clock::now() + std::chrono::duration<double>(timeout_s);
  while (true) {
    const bool ended = has_ended();  // before the last of what it wrote is read
    read_streams();
    if (ended) return end_;
    const double left_s = std::chrono::duration<double>(deadline - Clock::now()).count();
    if (left_s <= 0 || !wait_for_news(left_s)) return std::nullopt;
  }
}

ChildEnd ChildProcess::wait() {
  constexpr double long_s = 3600;
  while (true)
    if (const auto end = wait(long_s)) return *end;
}

void ChildProcess::signal(int number) const {
  if (!end_) ::kill(id_, number);
}

void ChildProcess::signal_group(int number) const {
  ::kill(-id_, number);
}

void ChildProcess::end(double grace_s) {
  const auto deadline = Clock::now() + std::chrono::duration<double>(grace_s);
  const auto left_s = [&] {
    return std::chrono::duration<double>(deadline - Clock::now()).count();
  };
  signal(SIGTERM);
  while (!end_ && left_s() > 0) wait(left_s());
  kill_all();
}

std::vector<pid_t> ChildProcess::descendants() const {
  std::vector<pid_t> found = marked_processes(mark_);
  std::erase(found, id_);
  return found;
}

void ChildProcess::kill_all() {
  if (!end_) {
    signal_group(SIGKILL);
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    end_ = ChildEnd{.signal = SIGKILL};
  }
  // What is killed may have started others since they were counted.
  constexpr int rounds = 50;
  for (int round = 0; round < rounds; ++round) {
    const std::vector<pid_t> left = marked_processes(mark_);
    if (left.empty()) return;
    for (const pid_t id : left) ::kill(id, SIGKILL);
    ::usleep(10'000);
  }
}

}  // namespace credence
