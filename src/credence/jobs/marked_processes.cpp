#include "credence/jobs/marked_processes.h"

#include <charconv>
#include <filesystem>
#include <string>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {

std::vector<pid_t> marked_processes(std::string_view mark) {
  const std::string variable = concat('\0', child_mark_variable, "=");
  std::vector<pid_t> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    pid_t id = 0;
    const auto [rest, failure] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (failure != std::errc() || *rest != '\0') continue;
    const std::string environment = '\0' + read_file_if_any(entry->path() / "environ");
    const std::size_t begin = environment.find(variable);
    if (begin == std::string::npos) continue;
    const std::size_t value = begin + variable.size();
    const std::string_view text =
        std::string_view(environment).substr(value, environment.find('\0', value) - value);
    if (text.find(mark) != std::string_view::npos) found.push_back(id);
  }
  return found;
}

char process_state(pid_t id) {
  const std::string stat = read_file_if_any(concat("/proc/", id, "/stat"));
  const std::size_t name_end = stat.rfind(") ");  // the name itself may hold anything
  return name_end == std::string::npos || name_end + 2 >= stat.size() ? '\0' : stat[name_end + 2];
}

}  // namespace credence
