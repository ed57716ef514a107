#pragma once

#include <string>

#include <stdio.h>
#include <sys/wait.h>

namespace credence::testing {

struct CommandResult {
  int status = -1;     ///< exit status
  std::string output;  ///< standard output and error
};

inline CommandResult run_command(const std::string& command) {
  CommandResult result;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return result;
  char buffer[4096];
  for (std::size_t got; (got = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.output.append(buffer, got);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  return result;
}

/// A Python that has this module; empty if there is none.
inline std::string python_with(const std::string& module) {
  for (const std::string python : {"/usr/bin/python3", "python3"})
    if (run_command(python + " -c 'import " + module + "'").status == 0) return python;
  return "";
}

}  // namespace credence::testing
