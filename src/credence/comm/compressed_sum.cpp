#include "credence/comm/compressed_sum.h"

#include <algorithm>
#include <array>
#include <vector>

#include "credence/comm/checks.h"
#include "credence/comm/rank_levels.h"

namespace credence {
namespace {

constexpr int tags_of_a_sum = 2;     // ranks that are peers are so at one level alone: out and back
constexpr std::size_t chunk = 4096;  // elements that stay in the first cache; whole blocks

/// Blocks [begin, end) of a code.
struct Range {
  std::size_t begin = 0, end = 0;

  Range part(int index, int parts) const {
    const auto at = [&](int i) {
      return begin + (end - begin) * static_cast<std::size_t>(i) / static_cast<std::size_t>(parts);
    };
    return {at(index), at(index + 1)};
  }
};

/// Memory of a sum under way, made once.
struct Workspace {
  std::vector<std::uint8_t> encoded;   // the whole part of the gradients
  std::vector<std::uint8_t> received;  // summands of the others
};

/// What all sums of a GradientSum have in common.
struct Job {
  Communicator& communicator;
  std::unique_ptr<GradientCode> code;
  std::vector<RankLevel> levels;
  std::uint64_t bytes_sent = 0;
};

/// The sum of one part of the gradients: the levels down, each a reduce-scatter, and up again.
class CompressedSumOfPart final : public Request::Operation {
 public:
  /// `residual` is as long as `values`, or empty.
  CompressedSumOfPart(Job& job, std::span<float> values, std::span<float> residual)
      : job_(job), code_(*job.code), values_(values), residual_(residual) {
    Range range{0, (values.size() + code_.block() - 1) / code_.block()};
    for (const RankLevel& level : job_.levels) {
      ranges_.push_back(range);
      range = range.part(level.digit, level.radix);
    }
    ranges_.push_back(range);
  }

  void start(Workspace& space, int tag) {
    space_ = &space;
    tag_ = tag;
    space.encoded.resize(std::max(space.encoded.size(), code_.bytes(values_.size())));
    for (std::size_t l = 0; l < job_.levels.size(); ++l) {
      const std::size_t others = static_cast<std::size_t>(job_.levels[l].radix) - 1;
      space.received.resize(std::max(space.received.size(), others * bytes_of(ranges_[l + 1])));
    }
    for (std::size_t i = 0; i < residual_.size(); ++i) values_[i] += residual_[i];
    start_phase();
  }

  void wait() override {
    while (!is_done()) {
      for (Request& request : requests_) request.wait();
      finish_phase();
    }
  }

  bool test() override {
    while (!is_done()) {
      while (tested_ < requests_.size() && requests_[tested_].test()) ++tested_;
      if (tested_ < requests_.size()) return false;
      finish_phase();
    }
    return true;
  }

 private:
  bool is_done() const { return phase_ == 2 * job_.levels.size(); }
  bool goes_down() const { return phase_ < job_.levels.size(); }
  std::size_t level() const { return goes_down() ? phase_ : 2 * job_.levels.size() - 1 - phase_; }

  std::size_t first_element(std::size_t block) const {
    return std::min(block * code_.block(), values_.size());
  }
  std::span<float> elements(std::span<float> of, Range range) const {
    const std::size_t begin = first_element(range.begin);
    return of.subspan(begin, first_element(range.end) - begin);
  }
  std::uint8_t* encoded(Range range) const {
    return space_->encoded.data() + code_.bytes(first_element(range.begin));
  }
  std::size_t bytes_of(Range range) const {
    return code_.bytes(first_element(range.end) - first_element(range.begin));
  }

  /// Calls visit(peer, its part, its number among the peers) for each.
  template <class Visit>
  void for_each_peer(const Visit& visit) const {
    const RankLevel& peers = job_.levels[level()];
    const Range range = ranges_[level()];
    std::size_t number = 0;
    for (int digit = 0; digit < peers.radix; ++digit)
      if (digit != peers.digit)
        visit(peers.peer(job_.communicator.rank(), digit), range.part(digit, peers.radix),
              number++);
  }

  void start_phase() {
    const Range own = ranges_[level() + 1];
    requests_.clear();
    tested_ = 0;
    for_each_peer([&](int peer, Range theirs, std::size_t number) {
      const std::size_t bytes = bytes_of(own);
      if (goes_down()) {
        encode(theirs);
        exchange(peer, {encoded(theirs), bytes_of(theirs)},
                 {space_->received.data() + number * bytes, bytes});
      } else {
        exchange(peer, {encoded(own), bytes}, {encoded(theirs), bytes_of(theirs)});
      }
    });
  }

  void exchange(int peer, std::span<std::uint8_t> out, std::span<std::uint8_t> in) {
    job_.bytes_sent += out.size();
    requests_.push_back(
        job_.communicator.start_exchange(out, in, peer, tag_ + (goes_down() ? 0 : 1)));
  }

  void finish_phase() {
    const Range own = ranges_[level() + 1];
    for_each_peer([&](int /*peer*/, Range theirs, std::size_t number) {
      if (goes_down())
        add(space_->received.data() + number * bytes_of(own), own);
      else
        code_.decode(encoded(theirs), elements(values_, theirs));
    });
    const bool is_summed = phase_ + 1 == job_.levels.size();
    ++phase_;
    if (is_summed) {
      encode(own);
      code_.decode(encoded(own), elements(values_, own));
    }
    if (!is_done()) start_phase();
  }

  /// And keeps what that loses.
  void encode(Range range) {
    const std::span<const float> from = elements(values_, range);
    if (residual_.empty()) return code_.encode(from, encoded(range));
    const std::span<float> lost = elements(residual_, range);
    in_chunks(encoded(range), from.size(),
              [&](std::uint8_t* bytes, std::size_t begin, std::span<float> decoded) {
                code_.encode(from.subspan(begin, decoded.size()), bytes);
                code_.decode(bytes, decoded);
                for (std::size_t i = 0; i < decoded.size(); ++i)
                  lost[begin + i] = from[begin + i] - decoded[i];
              });
  }

  void add(std::uint8_t* received, Range range) {
    const std::span<float> sum = elements(values_, range);
    in_chunks(received, sum.size(),
              [&](const std::uint8_t* bytes, std::size_t begin, std::span<float> decoded) {
                code_.decode(bytes, decoded);
                for (std::size_t i = 0; i < decoded.size(); ++i) sum[begin + i] += decoded[i];
              });
  }

  /// Calls use(bytes, first element, memory for so many elements).
  template <class Use>
  void in_chunks(std::uint8_t* bytes, std::size_t count, const Use& use) const {
    std::array<float, chunk> decoded;
    for (std::size_t begin = 0; begin < count; begin += chunk)
      use(bytes + code_.bytes(begin), begin,
          std::span(decoded).first(std::min(chunk, count - begin)));
  }

  Job& job_;
  const GradientCode& code_;
  std::span<float> values_, residual_;
  std::vector<Range> ranges_;  // of this rank, before each level and behind the last
  Workspace* space_ = nullptr;
  int tag_ = 0;
  std::size_t phase_ = 0;  // that is under way
  std::size_t tested_ = 0;
  std::vector<Request> requests_;  // last: they wait before their memory goes
};

class CompressedSum final : public GradientSum {
 public:
  CompressedSum(Job job, std::span<float> gradients, bool error_feedback)
      : job_(std::move(job)), gradients_(gradients) {
    if (error_feedback && job_.communicator.size() > 1) residual_.resize(gradients.size());
  }

  Request start(std::size_t offset, std::size_t count) override {
    if (job_.communicator.size() == 1 || count == 0) return Request();
    auto sum = std::make_unique<CompressedSumOfPart>(
        job_, gradients_.subspan(offset, count),
        residual_.empty() ? std::span<float>() : std::span(residual_).subspan(offset, count));
    const std::size_t place = started_++ % most_under_way();
    if (place == spaces_.size()) spaces_.push_back(std::make_unique<Workspace>());
    sum->start(*spaces_[place], static_cast<int>(place) * tags_of_a_sum);
    return Request(std::move(sum));
  }

  void end_step() override { started_ = 0; }
  std::size_t most_under_way() const override { return 1000; }  // MPI promises 32,767 tags
  std::uint64_t bytes_sent() const override { return job_.bytes_sent; }
  std::span<float> residual() override { return residual_; }

 private:
  Job job_;
  std::span<float> gradients_;
  std::vector<float> residual_;
  std::vector<std::unique_ptr<Workspace>> spaces_;
  std::size_t started_ = 0;
};

}  // namespace

std::unique_ptr<GradientSum> make_compressed_sum(Communicator& communicator, Buffer gradients,
                                                 std::unique_ptr<GradientCode> code,
                                                 const CompressedSumOptions& options) {
  require<InternalError>(gradients.dtype == DType::float32,
                         "compressed_sum: expected float32, got ", name_of(gradients.dtype));
  require<InternalError>(chunk % code->block() == 0, "compressed_sum: expected a divisor of ",
                         chunk, " as block, got ", code->block());
  return std::make_unique<CompressedSum>(
      Job{.communicator = communicator,
          .code = std::move(code),
          .levels = rank_levels(communicator.rank(), communicator.size(), options.most_peers)},
      std::span(static_cast<float*>(gradients.data), gradients.count), options.error_feedback);
}

}  // namespace credence
