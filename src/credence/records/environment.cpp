#include "credence/records/environment.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "credence/base/files.h"
#include "credence/base/version.h"
#include "credence/comm/topology.h"
#include "credence/kernels/parallel.h"
#include "credence/machine/machine.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

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

Json data_file(const std::filesystem::path& path) {
  constexpr std::uintmax_t largest_digested = 1 << 30;
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  const bool is_digested = !error && bytes <= largest_digested;
  return {{"path", std::filesystem::absolute(path).lexically_normal().string()},
          {"bytes", error ? Json() : Json(bytes)},
          {"sha256", is_digested ? Json(sha256_of_file(path)) : Json()}};
}

Json libraries(const std::string& mpi_library) {
  Json json{{"openmp", openmp_version()},
            {"mpi", mpi_library.empty() ? Json() : Json(mpi_library)}};
  for (const auto& [name, number] : library_versions()) json[name] = number;
  return json;
}

/// What is not limited, or not known.
template <class T>
Json or_null(T value) {
  return value > 0 ? Json(value) : Json();
}

}  // namespace

std::string environment_json(const EnvironmentOptions& options) {
  const Machine machine = read_machine();
  const RankPlace place = this_place(1);
  Json json;
  json["version"] = version();
  json["git"] = git_revision();
  json["compiler"] = compiler();
  json["build_type"] = build_type();
  json["flags"] = compile_flags();
  json["libraries"] = libraries(options.mpi_library);
  json["device"] = options.device;
  json["cpu"] = machine.processor;
  json["simd"] = {{"compiled", compiled_simd()}, {"processor", machine.simd}};
  json["cores"] = machine.cpus.size();
  json["available_cores"] = place.cpus.size();
  json["cpu_quota"] = or_null(machine.limits.cpu_quota);
  json["openmp_threads"] = thread_count();
  json["numa_nodes"] = machine.numa_nodes.size();
  json["cache_bytes"] = or_null(machine.cache_bytes);
  json["memory_bytes"] = machine.memory_bytes;
  json["memory_limit_bytes"] = or_null(machine.limits.memory_bytes);
  json["huge_pages"] = machine.huge_pages.empty() ? Json() : Json(machine.huge_pages);
  json["os"] = machine.system;
  json["hosts"] = options.hosts;
  json["oversubscribed"] = options.oversubscribed;
  json["command_line"] = options.command_line;
  json["data_files"] = Json::array();
  for (const auto& path : options.data_files) json["data_files"].push_back(data_file(path));
  json["time"] = utc_time();
  json["variables"] = environment_variables();
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::int64_t peak_rss_bytes() {
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? std::int64_t{usage.ru_maxrss} * 1024 : 0;
}

}  // namespace credence
