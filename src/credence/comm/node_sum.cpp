#include "credence/comm/node_sum.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include "credence/comm/backoff.h"
#include "credence/comm/checks.h"
#include "credence/comm/shared_memory.h"

namespace credence {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t line_bytes = 64;
/// Parts under way have flags of their own.
constexpr std::size_t flag_sets = 256;

/// A rank says up to which part it has come. Alone in a line of the cache.
struct alignas(line_bytes) Flag {
  std::atomic<std::uint64_t> parts;
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

std::size_t in_lines(std::size_t bytes) {
  return (bytes + line_bytes - 1) / line_bytes * line_bytes;
}

/// What the ranks of a node share: flags, what each of them adds, and the sums.
class NodeMemory {
 public:
  static std::size_t bytes(int ranks, std::size_t buffer_bytes) {
    const auto n = static_cast<std::size_t>(ranks);
    return 2 * flag_sets * n * sizeof(Flag) + (n + 1) * in_lines(buffer_bytes);
  }

  NodeMemory(SharedMemory memory, int ranks, std::size_t buffer_bytes)
      : memory_(std::move(memory)),
        ranks_(static_cast<std::size_t>(ranks)),
        buffer_bytes_(in_lines(buffer_bytes)) {}

  /// Whether a rank has given its summands of a part.
  Flag& given(std::size_t part, int rank) const { return flag(part % flag_sets, rank); }
  /// Whether a rank has summed its slice of a part.
  Flag& summed(std::size_t part, int rank) const {
    return flag(flag_sets + part % flag_sets, rank);
  }
  std::byte* summands(int rank) const { return buffer(static_cast<std::size_t>(rank)); }
  std::byte* sums() const { return buffer(ranks_); }

 private:
  Flag& flag(std::size_t set, int rank) const {
    auto* const flags = reinterpret_cast<Flag*>(memory_.bytes().data());  // zeros are such
    return flags[set * ranks_ + static_cast<std::size_t>(rank)];
  }
  std::byte* buffer(std::size_t index) const {
    return memory_.bytes().data() + 2 * flag_sets * ranks_ * sizeof(Flag) + index * buffer_bytes_;
  }

  SharedMemory memory_;
  std::size_t ranks_;
  std::size_t buffer_bytes_;
};

/// Elements added at once: they stay in the nearest cache.
constexpr std::size_t block = 1024;

/// dst[0, count) = the sum of elements [begin, begin + count) of the summands, as in
/// start_tree_sum.
template <class T>
void add_tree(std::span<const T* const> summands, std::size_t begin, std::size_t count, T* dst) {
  if (summands.size() == 1) {
    std::copy_n(summands[0] + begin, count, dst);
    return;
  }
  const std::size_t half = std::bit_floor(summands.size() - 1);
  std::array<T, block> right;
  add_tree(summands.first(half), begin, count, dst);
  add_tree(summands.subspan(half), begin, count, right.data());
  for (std::size_t i = 0; i < count; ++i) dst[i] += right[i];
}

template <class T>
void add_summands(std::span<const std::byte* const> summands, std::size_t count, std::byte* dst) {
  std::vector<const T*> from;
  for (const std::byte* summand : summands) from.push_back(reinterpret_cast<const T*>(summand));
  for (std::size_t begin = 0; begin < count; begin += block)
    add_tree<T>(from, begin, std::min(block, count - begin), reinterpret_cast<T*>(dst) + begin);
}

class NodeSum final : public GradientSum {
 public:
  NodeSum(NodeGroups groups, Buffer gradients, NodeMemory memory)
      : groups_(std::move(groups)), gradients_(gradients), memory_(std::move(memory)) {}

  Communicator& between() { return *groups_.between; }
  Buffer sums() const {
    Buffer sums = gradients_;
    sums.data = memory_.sums();
    return sums;
  }
  void set_between(std::unique_ptr<GradientSum> between) { between_ = std::move(between); }

  Request start(std::size_t offset, std::size_t count) override;
  void end_step() override {
    parts_.clear();
    done_ = 0;
    if (between_) between_->end_step();
  }
  std::size_t most_under_way() const override {
    return between_ ? std::min(flag_sets, between_->most_under_way()) : flag_sets;
  }
  std::uint64_t bytes_sent() const override { return between_ ? between_->bytes_sent() : 0; }
  std::span<float> residual() override {
    return between_ ? between_->residual() : std::span<float>();
  }

 private:
  enum class Stage { given, between_nodes, summed, done };

  struct Part {
    std::size_t number;  // since the beginning
    std::size_t offset, count;
    Stage stage = Stage::given;
    Request between;
  };

  /// Of the whole buffer.
  struct Slice {
    std::size_t offset, count;
  };

  class PartRequest final : public Request::Operation {
   public:
    PartRequest(NodeSum& sum, std::size_t index) : sum_(sum), index_(index) {}
    ~PartRequest() override {
      if (std::uncaught_exceptions() <= exceptions_)
        sum_.wait(index_, Clock::time_point::max());
      else
        sum_.wait_while_failing(index_);
    }
    void wait() override { sum_.wait(index_, Clock::time_point::max()); }
    bool test() override { return sum_.is_done(index_); }

   private:
    NodeSum& sum_;
    std::size_t index_;  // among the step's parts
    int exceptions_ = std::uncaught_exceptions();
  };

  int ranks() const { return groups_.node->size(); }
  int rank() const { return groups_.node->rank(); }
  std::size_t bytes(std::size_t elements) const { return elements * bytes_of(gradients_.dtype); }
  std::byte* gradients(const Slice& slice) const { return part_of(gradients_, slice.offset, 1); }
  Slice slice(const Part& part, int rank) const;
  bool all_have(Flag& (NodeMemory::*flag)(std::size_t, int) const, const Part& part) const;
  void advance();
  void advance(Part& part);
  void add(const Slice& own);
  void announce(Part& part);
  void take(Part& part);
  bool is_done(std::size_t index);
  void wait(std::size_t index, Clock::time_point deadline);
  /// For a few seconds, and of all parts together: the other ranks may never come.
  void wait_while_failing(std::size_t index) noexcept;

  NodeGroups groups_;
  Buffer gradients_;
  NodeMemory memory_;
  std::unique_ptr<GradientSum> between_;  // null: there is one node
  std::size_t started_ = 0;               // parts, since the beginning
  std::vector<Part> parts_;               // of this step
  std::size_t done_ = 0;                  // of them, the first so many
  bool given_up_ = false;                 // while an exception is thrown
};

NodeSum::Slice NodeSum::slice(const Part& part, int rank) const {
  const auto n = static_cast<std::size_t>(ranks());
  const std::size_t line = line_bytes / bytes_of(gradients_.dtype);
  const std::size_t share = ((part.count + n - 1) / n + line - 1) / line * line;
  const std::size_t begin = std::min(part.count, static_cast<std::size_t>(rank) * share);
  return {.offset = part.offset + begin, .count = std::min(share, part.count - begin)};
}

bool NodeSum::all_have(Flag& (NodeMemory::*flag)(std::size_t, int) const, const Part& part) const {
  for (int rank = 0; rank < ranks(); ++rank)
    if ((memory_.*flag)(part.number, rank).parts.load(std::memory_order_acquire) <= part.number)
      return false;
  return true;
}

Request NodeSum::start(std::size_t offset, std::size_t count) {
  const Part& part = parts_.emplace_back(
      Part{.number = started_++, .offset = offset, .count = count, .between = Request()});
  for (int to = 0; to < ranks(); ++to) {
    if (to == rank()) continue;
    const Slice summand = slice(part, to);
    std::memcpy(memory_.summands(rank()) + bytes(summand.offset), gradients(summand),
                bytes(summand.count));
  }
  memory_.given(part.number, rank()).parts.store(part.number + 1, std::memory_order_release);
  advance();
  return Request(std::make_unique<PartRequest>(*this, parts_.size() - 1));
}

/// Parts go between nodes in the order of their start, the same on every rank.
void NodeSum::advance() {
  bool may_add = true;
  for (std::size_t i = done_; i < parts_.size(); ++i) {
    Part& part = parts_[i];
    if (part.stage != Stage::given || may_add) advance(part);
    may_add = may_add && part.stage != Stage::given;
  }
  while (done_ < parts_.size() && parts_[done_].stage == Stage::done) ++done_;
}

void NodeSum::advance(Part& part) {
  if (part.stage == Stage::given && all_have(&NodeMemory::given, part)) {
    const Slice own = slice(part, rank());
    add(own);
    if (between_) {
      part.between = between_->start(own.offset, own.count);
      part.stage = Stage::between_nodes;
    } else {
      announce(part);
    }
  }
  if (part.stage == Stage::between_nodes && part.between.test()) announce(part);
  if (part.stage == Stage::summed && all_have(&NodeMemory::summed, part)) take(part);
}

void NodeSum::add(const Slice& own) {
  std::vector<const std::byte*> summands;
  for (int from = 0; from < ranks(); ++from)
    summands.push_back(from == rank() ? gradients(own)
                                      : memory_.summands(from) + bytes(own.offset));
  std::byte* const sums = memory_.sums() + bytes(own.offset);
  if (gradients_.dtype == DType::float32)
    add_summands<float>(summands, own.count, sums);
  else
    add_summands<double>(summands, own.count, sums);
}

void NodeSum::announce(Part& part) {
  memory_.summed(part.number, rank()).parts.store(part.number + 1, std::memory_order_release);
  part.stage = Stage::summed;
}

void NodeSum::take(Part& part) {
  std::memcpy(part_of(gradients_, part.offset, 1), memory_.sums() + bytes(part.offset),
              bytes(part.count));
  part.stage = Stage::done;
}

bool NodeSum::is_done(std::size_t index) {
  advance();
  return parts_[index].stage == Stage::done;
}

void NodeSum::wait(std::size_t index, Clock::time_point deadline) {
  if (is_done(index)) return;
  const Activity::Wait wait(groups_.node->activity(), "shared-memory sum");
  Backoff backoff;
  while (!is_done(index) && Clock::now() < deadline) backoff.pause();
}

void NodeSum::wait_while_failing(std::size_t index) noexcept {
  if (given_up_) return;
  try {
    wait(index, Clock::now() + std::chrono::seconds(3));
    given_up_ = !is_done(index);
  } catch (const CommError&) {
    given_up_ = true;  // the first error is the one to be told
  }
}

}  // namespace

std::unique_ptr<GradientSum> make_node_sum(NodeGroups groups, Buffer gradients,
                                           const SumBetweenNodes& between) {
  const int ranks = groups.node->size();
  const std::size_t bytes = bytes_of(gradients);
  std::optional<SharedMemory> memory =
      SharedMemory::make(*groups.node, NodeMemory::bytes(ranks, bytes));
  std::array<double, 1> without{memory ? 0.0 : 1.0};
  groups.between->sum(std::span<double>(without));
  if (without[0] > 0) return nullptr;
  auto sum = std::make_unique<NodeSum>(std::move(groups), gradients,
                                       NodeMemory(std::move(*memory), ranks, bytes));
  if (sum->between().size() > 1) sum->set_between(between(sum->between(), sum->sums()));
  return sum;
}

}  // namespace credence
