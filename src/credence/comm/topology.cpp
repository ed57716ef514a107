#include "credence/comm/topology.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include <sched.h>
#include <unistd.h>

#include "credence/base/text.h"
#include "credence/comm/cgroup.h"
#include "credence/comm/gather.h"

namespace credence {
namespace {

std::vector<int> allowed_cpus() {
  // The kernel refuses a mask that is smaller than its own.
  for (int limit = 1024; limit <= (1 << 20); limit *= 2) {
    const std::size_t bytes = CPU_ALLOC_SIZE(limit);
    std::vector<cpu_set_t> mask((bytes + sizeof(cpu_set_t) - 1) / sizeof(cpu_set_t));
    if (sched_getaffinity(0, bytes, mask.data()) == 0) {
      std::vector<int> cpus;
      for (int cpu = 0; cpu < limit; ++cpu) {
        if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, mask.data())) cpus.push_back(cpu);
      }
      return cpus;
    }
    if (errno != EINVAL) break;
  }
  std::vector<int> all(std::max(1U, std::thread::hardware_concurrency()));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  return all;
}

bool contains(const std::vector<int>& outer, const std::vector<int>& inner) {
  return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

/// The sets of CPUs on which threads can crowd: each rank's own, and all of the host.
std::set<std::vector<int>> cpu_sets(std::span<const RankPlace> places, const std::string& host) {
  std::set<std::vector<int>> sets;
  std::set<int> all;
  for (const RankPlace& place : places) {
    if (place.host != host) continue;
    sets.insert(place.cpus);
    all.insert(place.cpus.begin(), place.cpus.end());
  }
  sets.emplace(all.begin(), all.end());
  return sets;
}

/// The limits of a host's ranks. Those with the same one are taken to share it, as the ranks of a
/// job do.
std::set<double> quotas(std::span<const RankPlace> places, const std::string& host) {
  std::set<double> found;
  for (const RankPlace& place : places)
    if (place.host == host && place.cpu_quota > 0) found.insert(place.cpu_quota);
  return found;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

RankPlace this_place(int threads) {
  const CgroupLimits limits = cgroup_limits();
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return {.host = host_name(),
          .cpus = allowed_cpus(),
          .threads = threads,
          .cpu_quota = limits.cpu_quota,
          .host_cpus = limits.cpus.empty() ? static_cast<int>(online)
                                           : static_cast<int>(limits.cpus.size())};
}

std::vector<RankPlace> all_places(Communicator& communicator, const RankPlace& own) {
  const std::string line = concat(own.threads, " ", own.cpu_quota, " ", own.host_cpus, " ",
                                  cpu_list_text(own.cpus), " ", own.host);
  std::vector<RankPlace> places;
  for (const std::string& text : all_gather_text(communicator, line)) {
    std::istringstream in(text);
    RankPlace place;
    std::string cpus;
    in >> place.threads >> place.cpu_quota >> place.host_cpus >> cpus >> place.host;
    place.cpus = parse_cpu_list(cpus);
    places.push_back(std::move(place));
  }
  return places;
}

int node_count(Communicator& communicator) {
  const std::vector<std::string> hosts = all_gather_text(communicator, host_name());
  return static_cast<int>(std::set<std::string>(hosts.begin(), hosts.end()).size());
}

int default_threads(Communicator& communicator) {
  return default_threads(all_places(communicator, this_place(1)), communicator.rank());
}

int default_threads(std::span<const RankPlace> places, int rank) {
  const RankPlace& own = places[static_cast<std::size_t>(rank)];
  const auto others = std::count_if(places.begin(), places.end(), [&](const RankPlace& place) {
    return &place != &own && place.host == own.host && place.cpus == own.cpus;
  });
  int threads = static_cast<int>(own.cpus.size()) / (1 + static_cast<int>(others));
  if (own.cpu_quota > 0) {
    const auto ranks = std::count_if(places.begin(), places.end(), [&](const RankPlace& place) {
      return place.host == own.host && place.cpu_quota == own.cpu_quota;
    });
    threads = std::min(threads, static_cast<int>(own.cpu_quota / static_cast<double>(ranks)));
  }
  return std::max(1, threads);
}

std::vector<Oversubscription> find_oversubscription(std::span<const RankPlace> places) {
  std::set<std::string> hosts;
  for (const RankPlace& place : places) hosts.insert(place.host);
  std::vector<Oversubscription> found;
  // `counts` says which ranks of the host crowd.
  const auto check = [&](Oversubscription here, double cpus, const auto& counts) {
    for (const RankPlace& place : places) {
      if (place.host != here.host || !counts(place)) continue;
      ++here.ranks;
      here.threads += place.threads;
    }
    if (here.threads > cpus) found.push_back(std::move(here));
  };
  for (const std::string& host : hosts) {
    for (const std::vector<int>& cpus : cpu_sets(places, host))
      check({.host = host, .cpus = cpus}, static_cast<double>(cpus.size()),
            [&](const RankPlace& place) { return contains(cpus, place.cpus); });
    for (const double quota : quotas(places, host))
      check({.host = host, .cpu_quota = quota}, quota,
            [&](const RankPlace& place) { return place.cpu_quota == quota; });
  }
  return found;
}

std::string Oversubscription::text() const {
  const std::string crowd =
      concat("host ", host, ": ", counted(threads, "thread"), " of ", counted(ranks, "rank"), " ");
  if (cpus.empty()) return concat(crowd, "may use ", cpu_quota, " CPUs' worth of time");
  return concat(crowd, "share ", counted(static_cast<long long>(cpus.size()), "CPU"), " (",
                cpu_list_text(cpus), ")");
}

std::string oversubscription_warning(std::span<const RankPlace> places) {
  std::string warning;
  for (const Oversubscription& found : find_oversubscription(places)) {
    if (!warning.empty()) warning += "\n";
    warning += found.text() + ": expect it to be slow; use fewer ranks or threads";
  }
  return warning;
}

std::string binding_warning(std::span<const RankPlace> places, const std::string& launcher) {
  struct Host {
    std::set<int> bound_to;
    int cpus = 0;
    int ranks = 0;
  };
  std::map<std::string, Host> hosts;
  for (const RankPlace& place : places) {
    Host& host = hosts[place.host];
    ++host.ranks;
    host.bound_to.insert(place.cpus.begin(), place.cpus.end());
    host.cpus = place.host_cpus;
    if (place.cpu_quota > 0) host.cpus = std::min(host.cpus, static_cast<int>(place.cpu_quota));
  }
  std::string warning;
  for (const auto& [name, host] : hosts) {
    const auto bound = static_cast<int>(host.bound_to.size());
    if (launcher.empty() || 2 * bound > host.cpus) continue;
    if (!warning.empty()) warning += "\n";
    warning +=
        concat("host ", name, ": uses ", bound, " of ", host.cpus, " CPUs; bound by ", launcher,
               launcher == "srun" ? ": try --cpus-per-task=" : ": try --bind-to none");
    if (launcher == "srun") warning += std::to_string(std::max(1, host.cpus / host.ranks));
    warning += hosts.size() == 1 ? concat(", or ", launcher == "srun" ? "-n " : "-np ", host.cpus)
                                 : ", or more ranks";
  }
  return warning;
}

std::string places_text(std::span<const RankPlace> places) {
  std::string text;
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    text += concat("rank ", rank, "  ", places[rank].host, "  cpus ",
                   cpu_list_text(places[rank].cpus), "  threads ", places[rank].threads);
    if (places[rank].cpu_quota > 0) text += concat("  quota ", places[rank].cpu_quota, " CPUs");
    text += "\n";
  }
  return text;
}

std::string cpu_list_text(std::span<const int> cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += std::to_string(cpus[i]);
    if (last > i) text += concat("-", cpus[last]);
    i = last + 1;
  }
  return text;
}

std::vector<int> parse_cpu_list(const std::string& text) {
  constexpr std::size_t most = 1 << 16;  // more than Linux has room for
  std::vector<int> cpus;
  std::istringstream in(text);
  int first = 0;
  while (in >> first && first >= 0) {
    int last = first;
    if (in.peek() == '-') in.ignore() >> last;
    for (std::int64_t cpu = first; cpu <= last && cpus.size() < most; ++cpu)
      cpus.push_back(static_cast<int>(cpu));
    if (in.peek() == ',') in.ignore();
  }
  return cpus;
}

}  // namespace credence
