#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace credence {

/// A figure in the course of training.
struct Curve {
  std::string name;  ///< as in metrics.jsonl: "val_nll"
  std::int64_t member =
      0;  ///< of an ensemble, or chain of HMC, from 1; 0: there is but one network
  std::vector<double> epochs;  ///< epochs done, with fractions for steps
  std::vector<double> values;
};

struct LearningCurves {
  std::vector<Curve> by_epoch, by_step;

  /// The curves by epoch of that name, one for each member.
  std::vector<const Curve*> named(const std::string& name) const;
};

/// The text of a metrics.jsonl. A last line that is not whole, as of a run that was killed, is left
/// out; so are figures that are no numbers. DataError, naming the line, for another that is no JSON
/// object.
LearningCurves parse_learning_curves(std::string_view text);

/// At most so many points, evenly spread, the first and the last among them.
Curve thinned(const Curve& curve, std::size_t most);

}  // namespace credence
