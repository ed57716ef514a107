#include "credence/scaling/read_run.h"

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/records/run_course.h"
#include "credence/records/run_directory.h"
#include "credence/records/summary.h"

namespace credence {
namespace {

bool is_oversubscribed(const std::filesystem::path& environment) {
  try {
    return !nlohmann::json::parse(read_file(environment)).at("oversubscribed").empty();
  } catch (const nlohmann::json::exception& error) {
    throw DataError(concat(environment.string(), ": ", error.what()));
  }
}

std::vector<std::vector<RankStep>> read_steps(const std::filesystem::path& run, int ranks) {
  std::vector<std::vector<RankStep>> steps;
  for (int rank = 0; rank < ranks; ++rank) {
    const std::filesystem::path trace = trace_path(run / scaling_trace, rank);
    std::error_code none;
    if (rank > 0 && !std::filesystem::exists(trace, none)) continue;
    steps.push_back(steps_of(read_trace(trace)));
  }
  return steps;
}

StepTiming timing_of(const std::filesystem::path& run, int ranks, std::int64_t warm_up) {
  try {
    return step_timing(read_steps(run, ranks), warm_up);
  } catch (const DataError& error) {
    throw DataError(concat(run.string(), ": ", error.what()));
  }
}

}  // namespace

ScalingRun read_scaling_run(const std::filesystem::path& run, std::int64_t warm_up) {
  const RunDirectory directory = RunDirectory::open(run);
  const Summary summary = read_summary(directory.summary());
  return {.ranks = summary.ranks,
          .global_batch = course_of(directory.metrics()).global_batch_size,
          .threads = summary.threads_per_rank,
          .parameters = summary.parameters,
          .is_oversubscribed = is_oversubscribed(directory.environment()),
          .timing = timing_of(run, summary.ranks, warm_up)};
}

}  // namespace credence
