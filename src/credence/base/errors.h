#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace credence {

/// What the program returns to the shell, after BSD's sysexits.h.
enum class ExitCode : int {
  success = 0,
  usage = 64,          ///< a command line that cannot be understood
  data = 65,           ///< input data that is wrong or missing
  internal = 70,       ///< a defect of ours, or a loss that is not finite
  cannot_create = 73,  ///< an output that cannot be created
  io = 74,             ///< a read or write that failed, a full disk
  comm = 75,           ///< communication failed, or a rank is lost
  config = 78,         ///< a configuration that cannot be used
};

/// The base of every error Credence throws. The message says what was expected, what came, and
/// where.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode exit_code() const { return code_; }

 private:
  ExitCode code_;
};

template <ExitCode code>
class ErrorWithCode : public Error {
 public:
  explicit ErrorWithCode(const std::string& message) : Error(code, message) {}
};

struct UsageError : ErrorWithCode<ExitCode::usage> {
  using ErrorWithCode::ErrorWithCode;
};
struct DataError : ErrorWithCode<ExitCode::data> {
  using ErrorWithCode::ErrorWithCode;
};
struct NumericalError : ErrorWithCode<ExitCode::internal> {
  using ErrorWithCode::ErrorWithCode;
};
struct InternalError : ErrorWithCode<ExitCode::internal> {
  using ErrorWithCode::ErrorWithCode;
};
struct CreateError : ErrorWithCode<ExitCode::cannot_create> {
  using ErrorWithCode::ErrorWithCode;
};
struct IoError : ErrorWithCode<ExitCode::io> {
  using ErrorWithCode::ErrorWithCode;
};
struct CommError : ErrorWithCode<ExitCode::comm> {
  using ErrorWithCode::ErrorWithCode;
};
struct ConfigError : ErrorWithCode<ExitCode::config> {
  using ErrorWithCode::ErrorWithCode;
};
/// More memory than there is: a layer or a batch is too large.
struct MemoryError : ErrorWithCode<ExitCode::config> {
  using ErrorWithCode::ErrorWithCode;
};
struct ShapeError : ErrorWithCode<ExitCode::config> {
  using ErrorWithCode::ErrorWithCode;
};

/// A signal has asked the program to end, and it has left all in order.
class Interrupted : public Error {
 public:
  /// 0: another rank has had the signal, of which a batch system's usual one is told.
  explicit Interrupted(int signal, const std::string& message)
      : Error(static_cast<ExitCode>(128 + (signal != 0 ? signal : 15)), message) {}
};

/// The parts of a message, one after the other.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// Throws `E` with the parts as its message unless `condition` holds.
template <class E, class... Parts>
void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    throw E(concat(parts...));
}

}  // namespace credence
