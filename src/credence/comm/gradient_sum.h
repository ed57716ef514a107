#pragma once

#include <cstddef>
#include <limits>
#include <memory>

#include "credence/comm/communicator.h"

namespace credence {

/// In which order summands of ranks are added: as the library likes, or as start_tree_sum.
enum class SumOrder { any, tree };

struct GradientSumOptions {
  SumOrder order = SumOrder::any;  ///< tree takes a power of two of ranks
  bool shared_memory = false;      ///< inside a node, where its ranks can share some: make_node_sum
};

/// Sums parts of a step's gradients over the ranks of a group, in place.
class GradientSum {
 public:
  virtual ~GradientSum() = default;

  /// Starts the sum of elements [offset, offset + count), which stay as they are until the request
  /// is done. All ranks start the same parts in the same order.
  virtual Request start(std::size_t offset, std::size_t count) = 0;
  /// All that was started is done: the next step may begin.
  virtual void end_step() {}
  /// Requests that may be under way at once: the one so many before must be done first.
  virtual std::size_t most_under_way() const { return std::numeric_limits<std::size_t>::max(); }
};

/// `gradients`: a span of float or double, which must stay where it is. Collective.
/// Errors: InternalError for other types.
std::unique_ptr<GradientSum> make_gradient_sum(Communicator& communicator, Buffer gradients,
                                               const GradientSumOptions& options);

}  // namespace credence
