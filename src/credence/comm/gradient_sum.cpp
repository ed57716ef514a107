#include "credence/comm/gradient_sum.h"

#include <bit>

#include "credence/comm/checks.h"
#include "credence/comm/compression.h"
#include "credence/comm/gather.h"
#include "credence/comm/node_sum.h"
#include "credence/comm/topology.h"
#include "credence/comm/tree_sum.h"

namespace credence {
namespace {

/// By the library's own sum, in an order of its choice.
class LibrarySum final : public GradientSum {
 public:
  LibrarySum(Communicator& communicator, Buffer gradients)
      : communicator_(communicator), gradients_(gradients) {}

  Request start(std::size_t offset, std::size_t count) override {
    elements_ += count;
    return communicator_.start_sum(window_of(gradients_, offset, count));
  }
  std::uint64_t bytes_sent() const override {
    const auto bytes = static_cast<double>(elements_ * bytes_of(gradients_.dtype));
    return static_cast<std::uint64_t>(sent_by_parts(bytes, communicator_.size()));
  }

 private:
  Communicator& communicator_;
  Buffer gradients_;
  std::uint64_t elements_ = 0;
};

class TreeSumOfParts final : public GradientSum {
 public:
  TreeSumOfParts(Communicator& communicator, Buffer gradients)
      : communicator_(communicator), gradients_(gradients) {}

  Request start(std::size_t offset, std::size_t count) override {
    const int tag = static_cast<int>(started_++ % most_under_way());
    const Buffer part = window_of(gradients_, offset, count);
    bytes_sent_ += tree_sum_bytes(communicator_, part);
    return start_tree_sum(communicator_, part, tag);
  }
  void end_step() override { started_ = 0; }
  std::size_t most_under_way() const override { return 1000; }  // MPI promises 32,767 tags
  std::uint64_t bytes_sent() const override { return bytes_sent_; }

 private:
  Communicator& communicator_;
  Buffer gradients_;
  std::size_t started_ = 0;
  std::uint64_t bytes_sent_ = 0;
};

std::unique_ptr<GradientSum> make_flat_sum(Communicator& communicator, Buffer gradients,
                                           const GradientSumOptions& options) {
  if (options.compression) return options.compression->make_sum(communicator, gradients);
  if (options.order == SumOrder::tree)
    return std::make_unique<TreeSumOfParts>(communicator, gradients);
  return std::make_unique<LibrarySum>(communicator, gradients);
}

/// A tree over the ranks of nodes, then over nodes, is that over all ranks.
bool keeps_order(const NodeGroups& groups, SumOrder order) {
  const auto ranks = static_cast<unsigned>(groups.node->size());
  return order == SumOrder::any || (groups.in_order && std::has_single_bit(ranks));
}

}  // namespace

std::unique_ptr<GradientSum> make_gradient_sum(Communicator& communicator, Buffer gradients,
                                               const GradientSumOptions& options) {
  require<InternalError>(gradients.dtype == DType::float32 || gradients.dtype == DType::float64,
                         "gradient_sum: expected float32 or float64, got ",
                         name_of(gradients.dtype));
  require<InternalError>(!options.compression || options.order == SumOrder::any,
                         "gradient_sum: a compression has an order of its own");
  if (options.shared_memory && communicator.size() > 1) {
    auto groups = node_groups(communicator, all_gather_text(communicator, host_name()));
    if (groups && keeps_order(*groups, options.order)) {
      auto sum = make_node_sum(std::move(*groups), gradients,
                               [&options](Communicator& between, Buffer sums) {
                                 return make_flat_sum(between, sums, options);
                               });
      if (sum) return sum;
    }
  }
  return make_flat_sum(communicator, gradients, options);
}

}  // namespace credence
