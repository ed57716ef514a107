#include "credence/cli/doctor_report.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "credence/base/table.h"
#include "credence/base/text.h"
#include "credence/base/version.h"
#include "credence/cli/dataset_place.h"
#include "credence/cli/header.h"
#include "credence/data/datasets.h"
#include "credence/kernels/parallel.h"
#include "credence/records/environment.h"

namespace credence::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int columns = 80;

/// Of the ranks on rank 0's host.
std::string cores_text(const Diagnosis& d) {
  std::set<int> used;
  for (const RankPlace& place : d.resources.places)
    if (place.host == d.resources.places.front().host)
      used.insert(place.cpus.begin(), place.cpus.end());
  const std::vector<int> cpus(used.begin(), used.end());
  const std::string text = fmt::format(
      "{} of {} (CPUs {}) in {}", count_groups(d.machine.cores, cpus), d.machine.cores.size(),
      cpu_list_text(cpus), counted(count_groups(d.machine.numa_nodes, cpus), "NUMA node"));
  const double quota = d.machine.limits.cpu_quota;
  return text + (quota > 0 ? fmt::format(", quota of {:g} CPUs", quota) : ", no quota");
}

std::string memory_text(const Machine& machine) {
  const std::int64_t limit = machine.limits.memory_bytes;
  return fmt::format("{}, {} free, {}", bytes_text(machine.memory_bytes),
                     bytes_text(machine.free_memory_bytes),
                     limit > 0 ? "limit of " + bytes_text(limit) : "no limit");
}

std::string output_text(const OutputPlace& output) {
  if (!output.problem.empty()) return "cannot be written: " + output.problem;
  return fmt::format("{} ({}{} free)", output.path.string(),
                     output.file_system.empty() ? "" : output.file_system + ", ",
                     bytes_text(output.free_bytes));
}

struct OverRanks {
  double slowest = std::numeric_limits<double>::infinity();  ///< the slowest rank's best
  double sum = 0;  ///< of what all of them did at the same time
};

OverRanks over_ranks(const std::vector<RankSpeed>& speeds, PeakRate RankSpeed::*figure) {
  OverRanks result;
  for (const RankSpeed& speed : speeds) {
    result.slowest = std::min(result.slowest, (speed.*figure).best);
    result.sum += (speed.*figure).mean;
  }
  return result;
}

/// Three digits, or all before the point.
std::string three_digits(double value) {
  if (value >= 100) return with_thousands(std::llround(value));
  return fmt::format("{:.{}f}", value, value >= 10 ? 1 : 2);
}

struct Figure {
  std::string name;
  PeakRate RankSpeed::*member;
  double scale;
  std::string unit;
};

std::vector<Figure> figures(const Diagnosis& d) {
  const std::string each = d.speeds.size() > 1 ? " a rank" : "";
  const std::string name = "float32 multiply-adds, ";
  std::vector<Figure> figures{
      {name + "1 thread" + each, &RankSpeed::gflops_one_thread, 1, "GFLOP/s"}};
  if (d.resources.threads > 1)
    figures.push_back(
        {name + counted(d.resources.threads, "thread") + each, &RankSpeed::gflops, 1, "GFLOP/s"});
  figures.push_back({"memory copy", &RankSpeed::copy_gb_per_sec, 1, "GB/s"});
  figures.push_back({"memory triad", &RankSpeed::triad_gb_per_sec, 1, "GB/s"});
  figures.push_back({"standard normals", &RankSpeed::normals_per_sec, 1e-6, "million/s"});
  return figures;
}

/// Lines that hang behind a mark.
std::string paragraph(const std::string& mark, const std::string& text) {
  return hanging_paragraph(mark, text, columns);
}

Json json_of(const PeakRate& rate) {
  return {{"best", rate.best}, {"mean", rate.mean}};
}

Json json_of(const RankPlace& place, const RankSpeed& speed) {
  return {{"host", place.host},
          {"cpus", cpu_list_text(place.cpus)},
          {"threads", place.threads},
          {"cpu_quota", place.cpu_quota > 0 ? Json(place.cpu_quota) : Json()},
          {"gflops_one_thread", json_of(speed.gflops_one_thread)},
          {"gflops", json_of(speed.gflops)},
          {"copy_gb_per_sec", json_of(speed.copy_gb_per_sec)},
          {"triad_gb_per_sec", json_of(speed.triad_gb_per_sec)},
          {"normals_per_sec", json_of(speed.normals_per_sec)}};
}

Json datasets_json() {
  Json json = Json::object();
  for (const std::string& name : datasets().names()) {
    const auto& source = datasets().find(name).source;
    if (!source) continue;
    const SourceResolution found = resolve(*source, "");
    json[name] =
        found.found() ? Json{{"path", found.path.string()}, {"place", found.place}} : Json();
  }
  return json;
}

}  // namespace

std::string facts_text(const Diagnosis& d) {
  const Machine& machine = d.machine;
  Table table({{"checked"}, {"found"}});
  table.add_row(
      {"build", fmt::format("{}, {}, for {}", compiler(), build_type(), compiled_simd())});
  table.add_row(
      {"libraries", fmt::format("OpenMP {}, MPI: {}", openmp_version(), CommWorld::library())});
  table.add_row({"processor", machine.processor});
  table.add_row({"SIMD", join(machine.simd)});
  table.add_row({"cores", cores_text(d)});
  table.add_row({"caches", machine.cache_bytes > 0
                               ? bytes_text(machine.cache_bytes) + " in the last level"
                               : "unknown"});
  table.add_row({"memory", memory_text(machine)});
  table.add_row({"huge pages", machine.huge_pages.empty() ? "unknown" : machine.huge_pages});
  table.add_row({"system", machine.system});
  table.add_row({"runs", output_text(d.output)});
  for (const std::string& name : datasets().names())
    if (datasets().find(name).source) table.add_row({name, dataset_place(name)});
  return table.text();
}

std::string speeds_text(const Diagnosis& d) {
  const std::size_t ranks = d.speeds.size();
  std::vector<Column> titles{{"measured"}, {"speed", Align::right}, {"unit"}};
  if (ranks > 1)
    titles = {{"measured"},
              {"slowest rank", Align::right},
              {fmt::format("all {} ranks", ranks), Align::right},
              {"unit"}};
  Table table(titles);
  for (const Figure& figure : figures(d)) {
    const OverRanks value = over_ranks(d.speeds, figure.member);
    std::vector<std::string> row{figure.name, three_digits(value.slowest * figure.scale)};
    if (ranks > 1) row.push_back(three_digits(value.sum * figure.scale));
    row.push_back(figure.unit);
    table.add_row(row);
  }
  if (d.sums) {
    for (const SumSpeed::Time& sum : d.sums->times)
      table.add_row({"sum of " + bytes_text(static_cast<long long>(sum.bytes)) + " over ranks", "",
                     three_digits(sum.seconds * 1e6), "us"});
    table.add_row({"the last of these", "", three_digits(d.sums->gb_per_sec), "GB/s"});
  }
  return table.text();
}

std::string findings_text(const std::vector<Finding>& findings) {
  if (findings.empty()) return "no problems found\n";
  std::string text = counted(static_cast<long long>(findings.size()), "problem") + "\n";
  for (const Finding& finding : findings) {
    const std::string mark = finding.fatal ? "FATAL: " : "";
    text += "\n" + paragraph("- ", mark + finding.what) + paragraph("  ", finding.why) +
            paragraph("  -> ", finding.advice);
  }
  return text;
}

std::string doctor_json(const Diagnosis& d, const Context& context) {
  EnvironmentOptions environment{.command_line = context.command_line,
                                 .mpi_library = CommWorld::library()};
  for (const RankPlace& place : d.resources.places) environment.hosts.push_back(place.host);
  Json json = Json::parse(environment_json(environment));
  json["free_memory_bytes"] = d.machine.free_memory_bytes;
  json["load"] = d.machine.load;
  json["datasets"] = datasets_json();
  json["output"] = {{"path", d.output.path.string()},
                    {"writable", d.output.problem.empty()},
                    {"file_system", d.output.file_system},
                    {"free_bytes", d.output.free_bytes}};
  json["ranks"] = Json::array();
  for (std::size_t rank = 0; rank < d.speeds.size(); ++rank)
    json["ranks"].push_back(json_of(d.resources.places[rank], d.speeds[rank]));
  json["sum_latency_s"] = d.sums ? Json(d.sums->latency_s) : Json();
  json["sum_gb_per_sec"] = d.sums ? Json(d.sums->gb_per_sec) : Json();
  json["sums"] = Json::array();
  if (d.sums)
    for (const SumSpeed::Time& sum : d.sums->times)
      json["sums"].push_back({{"bytes", sum.bytes}, {"seconds", sum.seconds}});
  json["problems"] = Json::array();
  for (const Finding& finding : d.findings)
    json["problems"].push_back({{"what", finding.what},
                                {"why", finding.why},
                                {"advice", finding.advice},
                                {"fatal", finding.fatal}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace credence::cli
