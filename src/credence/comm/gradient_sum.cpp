#include "credence/comm/gradient_sum.h"

#include <bit>

#include "credence/comm/checks.h"
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
    return communicator_.start_sum(window_of(gradients_, offset, count));
  }

 private:
  Communicator& communicator_;
  Buffer gradients_;
};

class TreeSumOfParts final : public GradientSum {
 public:
  TreeSumOfParts(Communicator& communicator, Buffer gradients)
      : communicator_(communicator), gradients_(gradients) {}

  Request start(std::size_t offset, std::size_t count) override {
    const int tag = static_cast<int>(started_++ % most_under_way()) * tree_sum_tags;
    return start_tree_sum(communicator_, window_of(gradients_, offset, count), tag);
  }
  void end_step() override { started_ = 0; }
  std::size_t most_under_way() const override { return 1000; }  // MPI promises 32,767 tags

 private:
  Communicator& communicator_;
  Buffer gradients_;
  std::size_t started_ = 0;
};

std::unique_ptr<GradientSum> make_flat_sum(Communicator& communicator, Buffer gradients,
                                           SumOrder order) {
  if (order == SumOrder::tree) return std::make_unique<TreeSumOfParts>(communicator, gradients);
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
  const SumOrder order = options.order;
  if (options.shared_memory && communicator.size() > 1) {
    auto groups = node_groups(communicator, all_gather_text(communicator, host_name()));
    if (groups && keeps_order(*groups, order)) {
      auto sum =
          make_node_sum(std::move(*groups), gradients, [order](Communicator& between, Buffer sums) {
            return make_flat_sum(between, sums, order);
          });
      if (sum) return sum;
    }
  }
  return make_flat_sum(communicator, gradients, order);
}

}  // namespace credence
