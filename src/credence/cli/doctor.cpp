#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "credence/base/text.h"
#include "credence/base/version.h"
#include "credence/cli/doctor_report.h"
#include "credence/cli/header.h"
#include "credence/comm/gather.h"
#include "credence/comm/rank_zero.h"
#include "credence/kernels/machine_peak.h"
#include "credence/machine/result_checks.h"

namespace credence::cli {
namespace {

struct DoctorArguments {
  std::string output = "runs";
  int threads = 0;
  bool json = false;
};

/// The ranks of this rank's host.
std::vector<RankPlace> places_beside(const std::vector<RankPlace>& places, int rank) {
  const std::string& host = places[static_cast<std::size_t>(rank)].host;
  std::vector<RankPlace> beside;
  std::ranges::copy_if(places, std::back_inserter(beside),
                       [&](const RankPlace& place) { return place.host == host; });
  return beside;
}

bool is_first_of_host(const std::vector<RankPlace>& places, int rank) {
  const auto own = places.begin() + rank;
  return std::ranges::find(places, own->host, &RankPlace::host) == own;
}

std::vector<Finding> check_data_folder() {
  const char* const folder = std::getenv("CREDENCE_DATA_DIR");
  std::error_code error;
  if (!folder || *folder == '\0' || std::filesystem::is_directory(folder, error)) return {};
  return {{concat("CREDENCE_DATA_DIR is ", folder, ", which is no folder"),
           "Data sets are looked for below it; they would be downloaded again.",
           "Correct the variable, or unset it."}};
}

/// What a rank can say of its host and of its own results.
std::vector<Finding> own_findings(const Machine& machine, const Resources& resources,
                                  Communicator& communicator) {
  std::vector<Finding> findings = check_results(communicator);
  const auto add = [&](const std::vector<Finding>& more) {
    findings.insert(findings.end(), more.begin(), more.end());
  };
  if (is_first_of_host(resources.places, communicator.rank())) {
    add(check_build(build_type(), compile_flags(), compiled_simd(), machine));
    add(check_host(machine, places_beside(resources.places, communicator.rank())));
    add(check_data_folder());
  }
  return findings;
}

/// Collective.
std::vector<std::vector<Finding>> gather(const std::vector<Finding>& own,
                                         Communicator& communicator) {
  using Json = nlohmann::json;
  Json json = Json::array();
  for (const Finding& finding : own)
    json.push_back({finding.what, finding.why, finding.advice, finding.fatal});
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::vector<std::vector<Finding>> by_rank;
  for (const std::string& sent : all_gather_text(communicator, text)) {
    by_rank.emplace_back();
    for (const Json& finding : Json::parse(sent))
      by_rank.back().push_back({finding[0], finding[1], finding[2], finding[3]});
  }
  return by_rank;
}

/// An array to measure the memory with: four times the rank's share of the caches, but no more than
/// a few passes over it are worth, or than the host has to spare.
std::int64_t array_bytes(const Machine& machine, const Resources& resources, int rank) {
  constexpr std::int64_t mebibyte = 1 << 20;
  const auto ranks = static_cast<std::int64_t>(places_beside(resources.places, rank).size());
  const std::int64_t memory = machine.usable_memory_bytes();
  const std::int64_t wanted = std::clamp(4 * machine.cache_bytes / ranks, 64 * mebibyte / ranks,
                                         256 * mebibyte * resources.threads);
  return memory == 0 ? wanted : std::max(mebibyte, std::min(wanted, memory / 16 / ranks));
}

std::vector<RankSpeed> gather(RankSpeed own, Communicator& communicator) {
  static_assert(std::is_trivially_copyable_v<RankSpeed>);
  std::vector<RankSpeed> all(static_cast<std::size_t>(communicator.size()));
  const auto doubles = [](RankSpeed* speeds, std::size_t count) {
    return std::span(reinterpret_cast<double*>(speeds), count * sizeof(RankSpeed) / sizeof(double));
  };
  communicator.start_all_gather(doubles(&own, 1), doubles(all.data(), all.size())).wait();
  return all;
}

/// All ranks compute at the same time, as in training. Collective.
std::vector<RankSpeed> measure_ranks(const Machine& machine, const Resources& resources,
                                     Communicator& communicator) {
  const int threads = resources.threads;
  RankSpeed own;
  communicator.barrier();
  own.gflops_one_thread = peak_gflops({.threads = 1});
  communicator.barrier();
  own.gflops = threads > 1 ? peak_gflops({.threads = threads}) : own.gflops_one_thread;
  communicator.barrier();
  const MemoryBandwidth memory = memory_bandwidth(
      {.threads = threads, .seconds = 0.3}, array_bytes(machine, resources, communicator.rank()));
  own.copy_gb_per_sec = memory.copy;
  own.triad_gb_per_sec = memory.triad;
  communicator.barrier();
  own.normals_per_sec = normals_per_sec({.threads = threads});

  return gather(own, communicator);
}

/// Tells all ranks alike what makes training impossible.
void require_fit(const std::vector<Finding>& findings) {
  std::string fatal;
  for (const Finding& finding : findings)
    if (finding.fatal) fatal += (fatal.empty() ? "" : "; ") + finding.what;
  if (!fatal.empty()) throw Error(ExitCode::internal, "no training is possible here: " + fatal);
}

void doctor(const DoctorArguments& arguments, Context& context) {
  Communicator& communicator = context.communicator();
  const bool prints = context.is_root() && !arguments.json;
  const auto print = [&](const std::string& text) {
    if (prints) std::cout << text << std::flush;
  };
  Diagnosis d;
  d.resources = set_up_threads_quietly(communicator, arguments.threads);
  d.machine = read_machine();
  if (context.is_root()) d.output = try_output(arguments.output);
  print(resources_text(d.resources) + "\n" + facts_text(d) + "\n");

  d.findings = merge_findings(
      gather(own_findings(d.machine, d.resources, communicator), communicator), d.resources.places);
  d.speeds = measure_ranks(d.machine, d.resources, communicator);
  if (communicator.size() > 1) d.sums = measure_sums(communicator);
  print(speeds_text(d) + "\n");

  for (const auto& more : {check_threads(d.resources.places),
                           check_speed(d.resources.places, d.speeds, d.machine, d.sums),
                           context.is_root() ? check_output(d.output) : std::vector<Finding>()})
    d.findings.insert(d.findings.end(), more.begin(), more.end());
  std::stable_partition(d.findings.begin(), d.findings.end(),
                        [](const Finding& finding) { return finding.fatal; });
  print(findings_text(d.findings));
  if (context.is_root() && arguments.json) std::cout << doctor_json(d, context) << std::flush;
  on_rank_zero(communicator, [&] { require_fit(d.findings); });
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand(
      "doctor", "check whether this machine and this build are fit for training, and how fast");
  const auto arguments = std::make_shared<DoctorArguments>();
  command->add_option("-o,--output", arguments->output, "where runs would be written")
      ->capture_default_str();
  command->add_option("-t,--threads", arguments->threads,
                      "threads of a rank (default, and 0: its share of the cores)");
  command->add_flag("--json", arguments->json, "one JSON object instead of tables");
  command->callback([arguments, &context] { doctor(*arguments, context); });
}

}  // namespace credence::cli
