#include "credence/comm/sharded_sum.h"

#include <algorithm>
#include <cstring>

#include "credence/comm/checks.h"
#include "credence/comm/rank_parts.h"

namespace credence {

ShardedSum::ShardedSum(Communicator& communicator, Buffer gradients, std::vector<OwnedPiece> pieces)
    : communicator_(communicator), gradients_(gradients), pieces_(std::move(pieces)) {
  std::size_t end = 0;
  for (const OwnedPiece& piece : pieces_) {
    require<InternalError>(piece.offset == end, "sharded_sum: element ", end, " has no owner");
    end += piece.count;
  }
  require<InternalError>(end == gradients.count, "sharded_sum: ", end, " elements have owners, of ",
                         gradients.count);
}

ShardedSum::Part ShardedSum::plan(std::size_t offset, std::size_t count) const {
  const auto ranks = static_cast<std::size_t>(communicator_.size());
  std::vector<std::vector<Part::Run>> by_share(ranks);
  const std::size_t end = offset + count;
  auto piece = std::ranges::upper_bound(pieces_, offset, {}, &OwnedPiece::offset);
  for (piece = std::prev(piece); piece != pieces_.end() && piece->offset < end; ++piece) {
    const std::size_t first = std::max(offset, piece->offset);
    const std::size_t last = std::min(end, piece->offset + piece->count);
    const int share = part_of_rank(piece->owner, communicator_.size());
    if (first < last)
      by_share[static_cast<std::size_t>(share)].push_back({first - offset, 0, last - first});
  }
  Part part{.begins = {0}};
  std::size_t packed = 0;
  for (const auto& runs : by_share) {
    for (Part::Run run : runs) {
      run.packed = packed;
      part.is_packed &= run.place == packed;
      packed += run.count;
      part.runs.push_back(run);
    }
    part.begins.push_back(packed);
  }
  const auto own =
      static_cast<std::size_t>(part_of_rank(communicator_.rank(), communicator_.size()));
  std::ranges::copy_if(part.runs, std::back_inserter(part.own), [&](const Part::Run& run) {
    return run.packed >= part.begins[own] && run.packed < part.begins[own + 1];
  });
  return part;
}

const ShardedSum::Part& ShardedSum::part(std::size_t offset, std::size_t count) {
  const auto known = parts_.find(offset);
  if (known != parts_.end()) return known->second;
  return parts_.emplace(offset, plan(offset, count)).first->second;
}

void ShardedSum::pack(const Started& started, const std::vector<Part::Run>& runs) {
  const std::size_t width = bytes_of(gradients_.dtype);
  std::byte* const buffer = part_of(gradients_, started.offset, 1);
  copy_.resize(std::max(copy_.size(), started.count * width));
  for (const auto& run : runs)
    std::memcpy(copy_.data() + run.packed * width, buffer + run.place * width, run.count * width);
  for (const auto& run : runs)
    std::memcpy(buffer + run.packed * width, copy_.data() + run.packed * width, run.count * width);
}

void ShardedSum::unpack(const Started& started, const std::vector<Part::Run>& runs) {
  const std::size_t width = bytes_of(gradients_.dtype);
  std::byte* const buffer = part_of(gradients_, started.offset, 1);
  copy_.resize(std::max(copy_.size(), started.count * width));
  for (const auto& run : runs)
    std::memcpy(copy_.data() + run.packed * width, buffer + run.packed * width, run.count * width);
  for (const auto& run : runs)
    std::memcpy(buffer + run.place * width, copy_.data() + run.packed * width, run.count * width);
}

std::uint64_t ShardedSum::bytes_of_others(const Part& part) const {
  std::size_t others = part.begins.back();
  for (const Part::Run& run : part.own) others -= run.count;
  return others * bytes_of(gradients_.dtype);
}

Request ShardedSum::start(std::size_t offset, std::size_t count) {
  const Part& part = this->part(offset, count);
  const Started& started = started_.emplace_back(Started{offset, count});
  if (!part.is_packed) pack(started, part.runs);
  bytes_sent_ += bytes_of_others(part);
  return start_reduce_scatter(communicator_, window_of(gradients_, offset, count), part.begins,
                              next_tag());
}

void ShardedSum::end_step() {
  for (const Started& started : started_) {
    const Part& part = parts_.at(started.offset);
    if (!part.is_packed) unpack(started, part.own);
  }
}

void ShardedSum::gather(const std::function<void(std::size_t offset, std::size_t count)>& arrived) {
  const auto finish = [&](Started& started) {
    started.request.wait();
    const Part& part = parts_.at(started.offset);
    if (!part.is_packed) unpack(started, part.runs);
    arrived(started.offset, started.count);
  };
  for (std::size_t i = 0; i < started_.size(); ++i) {
    if (i >= most_under_way()) finish(started_[i - most_under_way()]);
    Started& started = started_[i];
    const Part& part = parts_.at(started.offset);
    if (!part.is_packed) pack(started, part.own);
    bytes_sent_ += bytes_of_others(part);
    started.request =
        start_all_gather(communicator_, window_of(gradients_, started.offset, started.count),
                         part.begins, next_tag());
    for (std::size_t before = 0; before < i; ++before) started_[before].request.test();
  }
  const std::size_t finished = started_.size() - std::min(started_.size(), most_under_way());
  for (std::size_t i = finished; i < started_.size(); ++i) finish(started_[i]);
  started_.clear();
  tag_ = 0;
}

}  // namespace credence
