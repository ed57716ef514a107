#include "credence/comm/top_k.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "credence/comm/checks.h"
#include "credence/comm/largest_elements.h"

namespace credence {
namespace {

struct Entry {
  std::uint32_t place;
  float value;
};

/// Memory of a sum under way, made once.
struct Workspace {
  std::vector<Entry> own, all;
};

std::span<std::uint8_t> bytes_of(std::vector<Entry>& entries) {
  return {reinterpret_cast<std::uint8_t*>(entries.data()), entries.size() * sizeof(Entry)};
}

/// Adds the entries of all ranks, once they are here.
class SumOfEntries final : public Request::Operation {
 public:
  SumOfEntries(Request gathered, const std::vector<Entry>& entries, std::span<float> sums)
      : entries_(entries), sums_(sums), gathered_(std::move(gathered)) {}

  void wait() override {
    gathered_.wait();
    add();
  }
  bool test() override {
    if (!is_done_ && gathered_.test()) add();
    return is_done_;
  }

 private:
  void add() {
    if (is_done_) return;
    is_done_ = true;
    std::ranges::fill(sums_, 0.0F);
    for (const Entry& entry : entries_) sums_[entry.place] += entry.value;
  }

  const std::vector<Entry>& entries_;
  std::span<float> sums_;
  bool is_done_ = false;
  Request gathered_;  // last: it waits before its memory goes
};

class TopKSum final : public GradientSum {
 public:
  TopKSum(Communicator& communicator, std::span<float> gradients, double ratio)
      : communicator_(communicator),
        gradients_(gradients),
        ratio_(ratio),
        residual_(communicator.size() > 1 ? gradients.size() : 0) {}

  Request start(std::size_t offset, std::size_t count) override {
    if (communicator_.size() == 1 || count == 0) return Request();
    if (started_ == spaces_.size()) spaces_.push_back(std::make_unique<Workspace>());
    Workspace& space = *spaces_[started_++];
    take_largest(offset, count, space.own);
    space.all.resize(space.own.size() * static_cast<std::size_t>(communicator_.size()));
    const std::span<std::uint8_t> own = bytes_of(space.own);
    bytes_sent_ += own.size() * static_cast<std::size_t>(communicator_.size() - 1);
    return Request(
        std::make_unique<SumOfEntries>(communicator_.start_all_gather(own, bytes_of(space.all)),
                                       space.all, gradients_.subspan(offset, count)));
  }

  void end_step() override { started_ = 0; }
  std::uint64_t bytes_sent() const override { return bytes_sent_; }
  std::span<float> residual() override { return residual_; }

 private:
  /// The others stay in the residual.
  void take_largest(std::size_t offset, std::size_t count, std::vector<Entry>& taken) {
    const std::span<float> values = std::span(residual_).subspan(offset, count);
    for (std::size_t i = 0; i < count; ++i) values[i] += gradients_[offset + i];
    taken.clear();
    for (const std::uint32_t place : largest_elements(values, entries_of(count))) {
      taken.push_back({place, values[place]});
      values[place] = 0;
    }
  }
  std::size_t entries_of(std::size_t count) const {
    return static_cast<std::size_t>(std::ceil(ratio_ * static_cast<double>(count)));
  }

  Communicator& communicator_;
  std::span<float> gradients_;
  double ratio_;
  std::vector<float> residual_;
  std::vector<std::unique_ptr<Workspace>> spaces_;
  std::size_t started_ = 0;
  std::uint64_t bytes_sent_ = 0;
};

}  // namespace

TopKCompression::TopKCompression(const Options& options) : options_(options) {
  require<ConfigError>(options.ratio > 0 && options.ratio <= 1,
                       "ratio: expected more than 0, 1 at most, got ", options.ratio);
}

std::string TopKCompression::description() const {
  return concat("top_k, ratio ", options_.ratio);
}

double TopKCompression::bytes(double count, int ranks) const {
  return sizeof(Entry) * options_.ratio * count * (ranks - 1);
}

std::unique_ptr<GradientSum> TopKCompression::make_sum(Communicator& communicator,
                                                       Buffer gradients) const {
  require<InternalError>(gradients.dtype == DType::float32, "top_k: expected float32, got ",
                         name_of(gradients.dtype));
  return std::make_unique<TopKSum>(communicator,
                                   std::span(static_cast<float*>(gradients.data), gradients.count),
                                   options_.ratio);
}

}  // namespace credence
