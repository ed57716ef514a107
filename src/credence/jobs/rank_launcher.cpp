#include "credence/jobs/rank_launcher.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string_view>

#include <unistd.h>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/jobs/child_process.h"

extern char** environ;

namespace credence {
namespace {

using Words = std::vector<std::string>;

void append(Words& words, std::initializer_list<std::string> more) {
  words.insert(words.end(), more);
}

/// "a:2,b:1".
std::string host_list(const std::vector<HostRanks>& hosts) {
  Words texts;
  for (const HostRanks& host : hosts) texts.push_back(concat(host.name, ":", host.ranks));
  return join(texts, ",");
}

/// The names of what ranks on other hosts would miss.
Words names_to_pass_on() {
  Words names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string name(text.substr(0, text.find('=')));
    const bool is_ours = std::ranges::any_of(
        std::initializer_list<std::string_view>{"CREDENCE_", "OMP_", "GOMP_", "KMP_"},
        [&](std::string_view prefix) { return name.starts_with(prefix); });
    if (is_ours || name == "LD_LIBRARY_PATH" || name == "XDG_CACHE_HOME") names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

/// Its options are those of version 4, which version 5 knows too.
Words open_mpi_command(const RanksToLaunch& job) {
  Words words{"-np", std::to_string(job.ranks)};
  if (!job.hosts.empty()) append(words, {"--host", host_list(job.hosts)});
  // It counts cores, not what this process may use of them, and root is common in containers.
  append(words, {"--oversubscribe", "--bind-to", job.bind_to});
  if (::geteuid() == 0) append(words, {"--allow-run-as-root"});
  Words names = names_to_pass_on();
  for (const auto& [name, value] : job.environment) {
    std::erase(names, name);
    append(words, {"-x", concat(name, "=", value)});
  }
  for (const std::string& name : names) append(words, {"-x", name});
  return words;
}

/// Hydra, which passes the whole environment on.
Words mpich_command(const RanksToLaunch& job) {
  Words words{"-n", std::to_string(job.ranks)};
  if (!job.hosts.empty()) append(words, {"-hosts", host_list(job.hosts)});
  append(words, {"-bind-to", job.bind_to});
  for (const auto& [name, value] : job.environment) append(words, {"-genv", name, value});
  return words;
}

/// The type of process management that a library is started by.
std::string mpi_type_of(const std::string& library) {
  return library.starts_with("Open MPI") ? "pmix" : "pmi2";
}

Words srun_command(const RanksToLaunch& job, const std::string& mpi_type) {
  Words words = {concat("--ntasks=", job.ranks), "--kill-on-bad-exit=1"};
  if (std::getenv("SLURM_MPI_TYPE") == nullptr && !mpi_type.empty())
    append(words, {"--mpi=" + mpi_type});
  // Since Slurm 22.05 a step does not take them from its allocation.
  if (const char* const cpus = std::getenv("SLURM_CPUS_PER_TASK"))
    append(words, {concat("--cpus-per-task=", cpus)});
  if (!job.hosts.empty()) {
    Words names;  // one for each rank, in their order
    for (const HostRanks& host : job.hosts)
      names.insert(names.end(), static_cast<std::size_t>(host.ranks), host.name);
    names.resize(std::min(names.size(), static_cast<std::size_t>(job.ranks)));
    append(words, {"--distribution=arbitrary", "--nodelist=" + join(names, ",")});
  }
  if (job.bind_to != "none")
    append(words, {concat("--cpu-bind=", job.bind_to == "numa" ? "ldom" : job.bind_to, "s")});
  append(words, {"--export=ALL"});
  return words;
}

/// Before the command: what --export=NAME=VALUE takes must not hold commas.
Words srun_variables(const RanksToLaunch& job) {
  Words words{"env"};
  for (const auto& [name, value] : job.environment) append(words, {concat(name, "=", value)});
  return job.environment.empty() ? Words() : words;
}

/// Which MPI's mpirun a program is; empty if neither's.
std::string family_of(const std::string& program) {
  std::string text;
  const auto take = [&](std::string_view part) { text += part; };
  ChildProcess version({.command = {program, "--version"}, .on_output = take, .on_errors = take});
  constexpr double patience_s = 10;
  version.wait(patience_s);
  if (text.find("Open MPI") != std::string::npos || text.find("OpenRTE") != std::string::npos)
    return "Open MPI";
  return text.find("HYDRA") != std::string::npos || text.find("MPICH") != std::string::npos
             ? "MPICH"
             : "";
}

bool is_srun(const std::string& program) {
  return program.substr(program.rfind('/') + 1) == "srun";
}

}  // namespace

std::vector<HostRanks> parse_hosts(const std::string& text) {
  std::vector<HostRanks> hosts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    const std::size_t colon = std::min(word.find(':'), word.size());
    HostRanks host{.name = word.substr(0, colon)};
    if (colon < word.size()) {
      constexpr std::uint64_t most = 1'000'000;
      const auto ranks = to_whole_number(word.substr(colon + 1));
      require<UsageError>(ranks && *ranks >= 1 && *ranks <= most,
                          "expected hosts as in a:2,b:4, got \"", text, "\"");
      host.ranks = static_cast<int>(*ranks);
    }
    require<UsageError>(!host.name.empty() && host.name[0] != '-',
                        "expected hosts as in a:2,b:4, got \"", text, "\"");
    const auto same = std::ranges::find(hosts, host.name, &HostRanks::name);
    if (same == hosts.end()) {
      hosts.push_back(host);
    } else {
      same->ranks += host.ranks;
    }
    begin = end + 1;
  }
  return hosts;
}

RankLauncher find_rank_launcher(const std::string& library, const std::string& asked) {
  require<CommError>(library != "none",
                     "this build has no MPI, so it starts no ranks: build Credence with "
                     "-DCREDENCE_MPI=ON");
  const std::string family = library.starts_with("Open MPI") ? "Open MPI" : "MPICH";
  const bool in_slurm = std::getenv("SLURM_JOB_ID") != nullptr && !find_program("srun").empty();
  if (is_srun(asked) || (asked.empty() && in_slurm)) {
    const std::string program = find_program(asked.empty() ? "srun" : asked);
    require<CommError>(!program.empty(), asked, ": there is no such program, here or in PATH");
    return {.kind = LauncherKind::srun, .program = program, .mpi_type = mpi_type_of(library)};
  }
  const LauncherKind kind = family == "MPICH" ? LauncherKind::mpich : LauncherKind::open_mpi;
  const Words names = !asked.empty() ? Words{asked}
                      : family == "MPICH"
                          ? Words{"mpirun", "mpiexec", "mpirun.mpich", "mpiexec.hydra"}
                          : Words{"mpirun", "mpiexec", "mpirun.openmpi"};
  std::string other;
  for (const std::string& name : names) {
    const std::string program = find_program(name);
    if (program.empty()) continue;
    const std::string found = family_of(program);
    if (found == family) return {.kind = kind, .program = program};
    other =
        concat(", and ", program, " belongs to ", found.empty() ? "no MPI that is known" : found);
  }
  throw CommError(concat("expected the mpirun of ", library,
                         ", which this program was built with: ", "there is no ",
                         join(names, " or "), " of it in PATH", other));
}

std::vector<std::string> launch_command(const RankLauncher& launcher, const RanksToLaunch& job) {
  Words command{launcher.program};
  const Words words = launcher.kind == LauncherKind::open_mpi ? open_mpi_command(job)
                      : launcher.kind == LauncherKind::mpich  ? mpich_command(job)
                                                             : srun_command(job, launcher.mpi_type);
  const Words variables = launcher.kind == LauncherKind::srun ? srun_variables(job) : Words();
  for (const Words* part : {&words, &job.options, &variables, &job.command})
    command.insert(command.end(), part->begin(), part->end());
  return command;
}

}  // namespace credence
