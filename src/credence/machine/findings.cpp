#include "credence/machine/findings.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "credence/base/text.h"

namespace credence {
namespace {

constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

/// "a, b, c and 5 more".
std::string first_of(std::span<const std::string> names) {
  const std::size_t named = std::min<std::size_t>(names.size(), 3);
  const std::string text = join(names.first(named));
  return named < names.size() ? fmt::format("{} and {} more", text, names.size() - named) : text;
}

/// The first rank whose threads together compute much slower than each of them alone could.
std::optional<Finding> slow_threads(std::span<const RankPlace> places,
                                    std::span<const RankSpeed> speeds, const Machine& machine) {
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    const RankPlace& place = places[rank];
    const int cores = count_groups(machine.cores, place.cpus);
    const int threads = cores > 0 ? std::min(place.threads, cores) : place.threads;
    const PeakRate &one = speeds[rank].gflops_one_thread, &all = speeds[rank].gflops;
    // Clocks sink when all cores compute, by a third at most.
    if (threads == 1 || all.mean > 0.55 * threads * one.best) continue;
    const double gain = all.best / one.best;  // of the figures in the table
    const std::string team = counted(place.threads, "thread");
    return Finding{
        gain > 0.55 * threads
            ? fmt::format("The machine is busy: {} compute {:.1f} GFLOP/s at best, {:.1f} on "
                          "average (rank {})",
                          team, all.best, all.mean, rank)
            : fmt::format("{} compute {:.1f} times as fast as one (rank {})", team, gain, rank),
        fmt::format("Something else uses the cores, and every loop waits for the last of "
                    "its threads. Load of the last minute: {:.1f}.",
                    machine.load),
        "See what else runs (top); ask for cores of your own, or use fewer threads."};
  }
  return std::nullopt;
}

std::optional<Finding> slow_ranks(std::span<const RankPlace> places,
                                  std::span<const RankSpeed> speeds) {
  std::vector<double> of_a_thread;
  for (std::size_t rank = 0; rank < places.size(); ++rank)
    of_a_thread.push_back(speeds[rank].gflops.mean / places[rank].threads);
  std::vector<double> sorted = of_a_thread;
  std::ranges::sort(sorted);
  const double median = sorted[sorted.size() / 2];
  std::vector<std::string> slow;
  for (std::size_t rank = 0; rank < places.size(); ++rank)
    if (of_a_thread[rank] < 0.6 * median)
      slow.push_back(fmt::format("rank {} on {} ({:.0f}%)", rank, places[rank].host,
                                 100 * of_a_thread[rank] / median));
  if (slow.empty()) return std::nullopt;
  return Finding{
      "Slower than the other ranks, whose speed is 100%: " + first_of(slow),
      fmt::format("In each step all ranks wait for {}.", slow.size() == 1 ? "it" : "them"),
      "See what else runs there (top), or leave the host out."};
}

std::optional<Finding> slow_sums(std::span<const RankPlace> places, const SumSpeed& sums) {
  if (sums.gb_per_sec > 0.25) return std::nullopt;
  std::set<std::string> hosts;
  for (const RankPlace& place : places) hosts.insert(place.host);
  return Finding{
      fmt::format("The ranks sum {:.3f} GB/s", sums.gb_per_sec),
      fmt::format("The gradients of a million weights take {:.0f} ms in each step.",
                  4e-3 / sums.gb_per_sec * 1e3),
      hosts.size() > 1
          ? "See that MPI uses the fast network (Open MPI: mpirun --mca pml ucx), not Ethernet."
          : "See that MPI uses shared memory, and that each rank has a core of its own."};
}

}  // namespace

std::vector<Finding> check_build(std::string_view build_type, std::string_view flags,
                                 std::string_view compiled_simd, const Machine& machine) {
  const std::string slow = "Every loop runs several times slower than it could.";
  const std::string advice =
      "Use the preset release: cmake --preset release && cmake --build --preset release";
  std::vector<Finding> findings;
  if (build_type == "Debug") findings.push_back({"This build is not optimised", slow, advice});
  if (flags.find("-fsanitize=") != std::string_view::npos)
    findings.push_back({"This build has sanitizers in it", slow, advice});
  const std::array<std::string_view, 4> by_width{"SSE2", "AVX", "AVX2", "AVX-512"};
  const auto compiled = std::ranges::find(by_width, compiled_simd);
  for (auto wider = by_width.rbegin(); compiled != by_width.end() && *wider != *compiled; ++wider) {
    if (std::ranges::count(machine.simd, *wider) == 0) continue;
    findings.push_back(
        {fmt::format("This build is for {}; the processor has {}", compiled_simd, *wider),
         "Every loop fills only a part of each register.",
         "Build it on this machine, or on one like it, with -DCREDENCE_NATIVE=ON."});
    break;
  }
  return findings;
}

std::vector<Finding> check_host(const Machine& machine, std::span<const RankPlace> places) {
  std::vector<Finding> findings;
  std::set<int> used;
  int threads = 0, most_nodes = 0;
  for (const RankPlace& place : places) {
    used.insert(place.cpus.begin(), place.cpus.end());
    threads += place.threads;
    if (place.threads > 1)
      most_nodes = std::max(most_nodes, count_groups(machine.numa_nodes, place.cpus));
  }
  const std::vector<int>& allowed =
      machine.limits.cpus.empty() ? machine.cpus : machine.limits.cpus;
  const int all_cores = count_groups(machine.cores, allowed);
  const int bound_cores = count_groups(machine.cores, {used.begin(), used.end()});
  const double quota = machine.limits.cpu_quota;
  const int usable = quota > 0 ? std::min(all_cores, static_cast<int>(quota)) : all_cores;
  if (std::min(threads, bound_cores) < usable) {
    const bool bound = bound_cores < usable;
    findings.push_back(
        {fmt::format("Only {} of {} used: {} of {}", std::min(threads, bound_cores),
                     counted(usable, "core"), counted(threads, "thread"),
                     counted(static_cast<long long>(places.size()), "rank")),
         bound
             ? "The ranks are bound to some cores, as mpirun does by default: the others are idle."
             : "The other cores are idle.",
         bound ? "Let threads use all cores: mpirun --bind-to none, srun --cpus-per-task=N."
               : "Ask for more: --threads N, OMP_NUM_THREADS=N, or more ranks."});
  }
  if (most_nodes > 1)
    findings.push_back({fmt::format("A rank's threads run on {} NUMA nodes", most_nodes),
                        "Half of its data or more lies in the slower memory of another node.",
                        "Run a rank on each node: mpirun --map-by numa --bind-to numa."});
  const std::int64_t memory = machine.usable_memory_bytes();
  const auto ranks = static_cast<std::int64_t>(places.size());
  if (memory > 0 && memory < ranks * gibibyte / 4)
    findings.push_back(
        {fmt::format("{} of memory for {}", bytes_text(memory), counted(ranks, "rank")),
         "MNIST and a small network take about 0.1 GiB a rank; beyond its memory a "
         "program is stopped, or slowed down by swapping.",
         "Use fewer ranks on this host, or ask for more memory."});
  if (machine.huge_pages == "never")
    findings.push_back({"Huge pages are switched off",
                        "Large tensors then lie in pages of 4 KiB, which take time to look up.",
                        "As root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"});
  return findings;
}

std::vector<Finding> check_threads(std::span<const RankPlace> places) {
  std::vector<Finding> findings;
  for (const Oversubscription& found : find_oversubscription(places)) {
    if (found.cpus.empty())
      findings.push_back(
          {"Too many threads: " + found.text(),
           "A control group (cpu.max) stops all of them for the rest of each period in which they "
           "have used up that time.",
           "Use --threads N, or raise the limit (docker run --cpus, Kubernetes limits.cpu)."});
    else
      findings.push_back(
          {"Too many threads: " + found.text(),
           "They take turns, and every loop waits for the last of its threads.",
           "Use fewer ranks, or fewer threads a rank (--threads N, OMP_NUM_THREADS=N)."});
  }
  return findings;
}

std::vector<Finding> check_output(const OutputPlace& output) {
  if (!output.problem.empty())
    return {{"No run can be written to " + output.path.string(), output.problem,
             "Name another folder with --output; credence train takes it too.", true}};
  std::vector<Finding> findings;
  if (output.free_bytes < gibibyte)
    findings.push_back(
        {fmt::format("{} free in {}", bytes_text(output.free_bytes), output.path.string()),
         "A checkpoint takes three times the weights; a run ends where the disk is full.",
         "Name another folder with --output, or make room."});
  if (output.file_system == "tmpfs" || output.file_system == "ramfs")
    findings.push_back({output.path.string() + " lies in memory (" + output.file_system + ")",
                        "Runs are lost when the machine restarts, and take memory until then.",
                        "Name a folder on a disk with --output."});
  return findings;
}

std::vector<Finding> check_speed(std::span<const RankPlace> places,
                                 std::span<const RankSpeed> speeds, const Machine& machine,
                                 const std::optional<SumSpeed>& sums) {
  // Too many threads are slow; check_threads says so.
  if (!find_oversubscription(places).empty()) return {};
  std::vector<Finding> findings;
  const auto add = [&](const std::optional<Finding>& finding) {
    if (finding) findings.push_back(*finding);
  };
  add(slow_threads(places, speeds, machine));
  add(slow_ranks(places, speeds));
  if (sums) add(slow_sums(places, *sums));
  return findings;
}

std::vector<Finding> merge_findings(const std::vector<std::vector<Finding>>& by_rank,
                                    std::span<const RankPlace> places) {
  std::vector<Finding> merged;
  std::vector<std::vector<std::string>> hosts;
  std::set<std::string> all_hosts;
  for (std::size_t rank = 0; rank < by_rank.size(); ++rank) {
    all_hosts.insert(places[rank].host);
    for (const Finding& finding : by_rank[rank]) {
      const auto place =
          static_cast<std::size_t>(std::ranges::find(merged, finding) - merged.begin());
      if (place == merged.size()) {
        merged.push_back(finding);
        hosts.emplace_back();
      }
      if (std::ranges::count(hosts[place], places[rank].host) == 0)
        hosts[place].push_back(places[rank].host);
    }
  }
  if (all_hosts.size() > 1)
    for (std::size_t i = 0; i < merged.size(); ++i)
      merged[i].what += " (" + first_of(hosts[i]) + ")";
  return merged;
}

}  // namespace credence
