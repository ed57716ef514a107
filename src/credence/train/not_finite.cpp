#include "credence/train/not_finite.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"

namespace credence {

void NotFinite::note() {
  if (!node_) node_ = first_node();
}

std::size_t NotFinite::first_node() const {
  std::size_t node = 0;
  while (node < model_.node_count() && model_.is_finite(node)) ++node;
  return node;
}

void NotFinite::explain(const StepReport& report) const {
  std::vector<double> ranks_with(model_.node_count() + 1, 0);  // the last: no layer
  ranks_with[node_.value_or(first_node())] = 1;
  communicator_.sum(std::span<double>(ranks_with));
  const auto found = std::ranges::find_if(ranks_with, [](double ranks) { return ranks > 0; });
  const auto node = static_cast<std::size_t>(found - ranks_with.begin());
  const std::string where = node < model_.node_count()
                                ? concat("the first output that is not finite is that of layer \"",
                                         model_.node_name(node), "\"")
                                : "no layer's output is: the loss itself overflowed";
  const double loss = std::isnan(report.loss) ? std::abs(report.loss) : report.loss;  // not "-nan"
  throw NumericalError(concat("the loss is ", loss, " at step ", report.step, " (epoch ",
                              report.epoch, ", learning rate ", report.learning_rate, "): ", where,
                              "; a smaller learning rate, or inputs on a scale near 1, may help"));
}

}  // namespace credence
