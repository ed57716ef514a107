#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "credence/comm/communicator.h"

namespace credence {

class Compression;

/// In which order summands of ranks are added: as the library likes, or as start_tree_sum.
enum class SumOrder { any, tree };

struct GradientSumOptions {
  SumOrder order = SumOrder::any;  ///< tree takes a power of two of ranks
  bool shared_memory = false;      ///< inside a node, where its ranks can share some: make_node_sum
  std::shared_ptr<const Compression> compression{};  ///< null: gradients travel as they are
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
  /// By this rank, in all steps so far: of a library's own sum, those of the best algorithms.
  virtual std::uint64_t bytes_sent() const = 0;
  /// Of this rank, by element: what earlier steps have lost, and the next one adds. Empty if
  /// nothing is kept.
  virtual std::span<float> residual() { return {}; }
};

/// `gradients`: a span of float or double, which must stay where it is. Collective.
/// Errors: InternalError for other types, and for a compression in the order of a tree.
std::unique_ptr<GradientSum> make_gradient_sum(Communicator& communicator, Buffer gradients,
                                               const GradientSumOptions& options);

/// That a rank sends to sum a buffer of so many bytes, if each rank adds up a part of it.
inline double sent_by_parts(double bytes, int ranks) {
  return 2 * bytes * (ranks - 1) / ranks;
}

}  // namespace credence
