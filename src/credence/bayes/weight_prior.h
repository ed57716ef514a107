#pragma once

#include <map>
#include <string>

#include "credence/tensor/parameter.h"

namespace credence {

struct WeightPriorOptions {
  double sigma = 1.0;
  bool scaled = false;  ///< divide a kernel's sigma by the root of the inputs of an output
  std::map<std::string, double> of{};  ///< sigmas of single parameters, by name

  template <class Visitor>
  void visit(Visitor& v) {
    v("sigma", sigma);
    v("scaled", scaled);
    v("of", of);
  }
};

/// The prior of the parameters of a deterministic network, for methods that find their posterior:
/// each N(0, sigma^2) or, if it is scaled, N(0, sigma^2 / inputs) for kernels (parameters of two
/// axes or more, whose outputs are sums over all but the first one), as in Neal 1996,
/// doi:10.1007/978-1-4612-0745-0.
class WeightPrior {
 public:
  using Options = WeightPriorOptions;
  /// ConfigError, naming `where`, unless all sigmas are positive and finite.
  WeightPrior(std::string_view where, const Options& options);

  /// ConfigError, naming the closest one, for a sigma of a parameter that there is not.
  void check(std::span<Parameter* const> parameters) const;

  double sigma(const Parameter& parameter) const;
  /// 1 / sigma^2.
  double precision(const Parameter& parameter) const;

 private:
  std::string where_;
  Options options_;
};

}  // namespace credence
