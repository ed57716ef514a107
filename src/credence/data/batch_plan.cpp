#include "credence/data/batch_plan.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "credence/base/errors.h"

namespace credence {
namespace {

std::int64_t whole_pass_steps(std::int64_t examples, const LoaderOptions& options) {
  const std::int64_t full = examples / options.global_batch;
  return options.drop_last || full * options.global_batch == examples ? full : full + 1;
}

}  // namespace

BatchPlan::BatchPlan(const Dataset& dataset, const LoaderOptions& options, int rank, int size)
    : options_(options),
      examples_(static_cast<std::uint64_t>(dataset.size())),
      key_(noise_key(options.seed, Stream::shuffle, dataset.name())),
      rank_(rank),
      size_(size) {
  const std::string where = dataset.name() + ": ";
  require<InternalError>(size >= 1 && rank >= 0 && rank < size, where, "rank ", rank, " of ", size);
  require<ConfigError>(options.global_batch >= 1, where,
                       "the global batch must be at least 1, got ", options.global_batch);
  require<ConfigError>(options.global_batch <= dataset.size(), where, "a global batch of ",
                       options.global_batch, " is larger than the data set, which has ",
                       dataset.size(), " examples");
  require<ConfigError>(options.global_batch <= INT64_C(1) << 32, where,
                       "the global batch must be at most 2^32, got ", options.global_batch);
  require<ConfigError>(options.steps_per_epoch >= 0, where,
                       "steps_per_epoch must be 0 (the whole data set) or more, got ",
                       options.steps_per_epoch);
  steps_per_epoch_ = options.steps_per_epoch > 0 ? options.steps_per_epoch
                                                 : whole_pass_steps(dataset.size(), options);
}

void BatchPlan::describe(std::uint64_t step, Batch& batch) const {
  const auto full = static_cast<std::uint64_t>(options_.global_batch);
  std::uint64_t pass = 0;
  std::uint64_t begin = 0;  // of the global batch in its pass
  std::uint64_t count = full;
  if (options_.steps_per_epoch > 0) {
    pass = step * full / examples_;
    begin = step * full % examples_;
  } else {
    const auto steps = static_cast<std::uint64_t>(steps_per_epoch_);
    pass = step / steps;
    begin = step % steps * full;
    count = std::min(full, examples_ - begin);
  }
  const auto rank = static_cast<std::uint64_t>(rank_);
  const auto size = static_cast<std::uint64_t>(size_);
  const std::uint64_t first = count * rank / size;
  const std::uint64_t last = count * (rank + 1) / size;
  batch.global_size = static_cast<std::int64_t>(count);
  batch.max_rows = static_cast<std::int64_t>((count + size - 1) / size);
  batch.first_example = static_cast<std::uint32_t>(first);
  batch.indices.resize(last - first);

  // A global batch is not larger than the data set, so it spans two passes at most.
  const std::uint64_t place = begin + first;
  const std::uint64_t in_this_pass = std::min(last - first, examples_ - std::min(place, examples_));
  const std::span<std::int64_t> indices(batch.indices);
  read_places(pass, place, indices.first(in_this_pass));
  read_places(pass + 1, place + in_this_pass - examples_, indices.subspan(in_this_pass));
}

void BatchPlan::read_places(std::uint64_t pass, std::uint64_t begin,
                            std::span<std::int64_t> indices) const {
  if (indices.empty()) return;
  if (options_.shuffle)
    Permutation(examples_, key_, pass).map(begin, indices);
  else
    std::iota(indices.begin(), indices.end(), static_cast<std::int64_t>(begin));
}

}  // namespace credence
