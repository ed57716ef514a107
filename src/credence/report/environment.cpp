#include "credence/report/environment.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <string_view>
#include <thread>

#include <nlohmann/json.hpp>
#include <omp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "credence/base/version.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

/// The value behind `key` in a file of lines such as "model name : ..." or NAME="...".
std::string value_in_file(const char* path, std::string_view key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t middle = line.find(separator);
    if (middle == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t\"", middle + 1);
    const std::size_t end = line.find_last_not_of(" \t\"");
    if (begin != std::string::npos) return line.substr(begin, end - begin + 1);
  }
  return {};
}

std::string processor() {
  const std::string name = value_in_file("/proc/cpuinfo", "model name", ':');
  utsname system{};
  return name.empty() && ::uname(&system) == 0 ? system.machine : name;
}

/// Processors this process may use, which a batch system or mpirun may have bound.
int available_processors() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof(set), &set) == 0
             ? CPU_COUNT(&set)
             : static_cast<int>(std::thread::hardware_concurrency());
}

std::string operating_system() {
  utsname system{};
  const std::string kernel =
      ::uname(&system) == 0 ? std::string(system.sysname) + " " + system.release : "unknown";
  const std::string name = value_in_file("/etc/os-release", "PRETTY_NAME", '=');
  return name.empty() ? kernel : name + ", " + kernel;
}

std::string utc_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool is_secret(std::string_view name) {
  const std::array<std::string_view, 6> words{"TOKEN", "JWT", "SECRET", "PASSWORD", "KEY", "AUTH"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

Json environment_variables() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    if (name.size() == text.size() ||
        !starts_with_any(name, {"OMP_", "GOMP_", "CREDENCE_", "SLURM_", "CUDA_", "NCCL_"}))
      continue;
    variables.emplace_back(name, is_secret(name) ? "(hidden)" : text.substr(name.size() + 1));
  }
  std::sort(variables.begin(), variables.end());
  Json json = Json::object();
  for (const auto& [name, value] : variables) json[name] = value;
  return json;
}

}  // namespace

std::string environment_json(const EnvironmentOptions& options) {
  Json json;
  json["version"] = version();
  json["git"] = git_revision();
  json["compiler"] = compiler();
  json["flags"] = compile_flags();
  json["libraries"] = {{"openmp", std::to_string(_OPENMP)},
                       {"mpi", options.mpi_library.empty() ? Json() : Json(options.mpi_library)}};
  json["device"] = options.device;
  json["cpu"] = processor();
  json["cores"] = std::thread::hardware_concurrency();
  json["available_cores"] = available_processors();
  json["openmp_threads"] = omp_get_max_threads();
  json["memory_bytes"] = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) *
                         static_cast<std::int64_t>(::sysconf(_SC_PAGE_SIZE));
  json["os"] = operating_system();
  json["hosts"] = options.hosts;
  json["command_line"] = options.command_line;
  json["time"] = utc_time();
  json["variables"] = environment_variables();
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::int64_t peak_rss_bytes() {
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? std::int64_t{usage.ru_maxrss} * 1024 : 0;
}

}  // namespace credence
