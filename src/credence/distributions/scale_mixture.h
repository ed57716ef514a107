#pragma once

#include "credence/distributions/cross_entropy.h"

namespace credence {

struct ScaleMixtureOptions {
  double weight = 0.5;      ///< of the wide component
  double sigma1 = 1.0;      ///< of the wide component
  double sigma2 = 0.00248;  ///< of the narrow one: exp(-6)
  std::int64_t samples = 1;

  template <class Visitor>
  void visit(Visitor& v) {
    v("weight", weight);
    v("sigma1", sigma1);
    v("sigma2", sigma2);
    v("samples", samples);
  }
};

/// Two zero-mean Gaussians, of which a wide one lets some weights be large while a narrow one draws
/// the others to zero:
///
///   p(w) = weight N(w; 0, sigma1^2) + (1 - weight) N(w; 0, sigma2^2)
///
/// Its cross-entropy has no closed form: a mean over `samples` draws of each weight, every step
/// others, without bias.
///
/// Noise   Stream::noise, the same on every rank.
/// Source  Blundell et al. 2015, arXiv:1505.05424, equation 7.
class ScaleMixture {
 public:
  using Options = ScaleMixtureOptions;
  /// ConfigError unless 0 < weight < 1, both sigmas are positive and finite, sigma1 >= sigma2, and
  /// 1 <= samples <= 65536.
  explicit ScaleMixture(const ScaleMixtureOptions& options);

  void cross_entropy(const CrossEntropyBlock<float>& block, const KlNoise& noise) const;
  void cross_entropy(const CrossEntropyBlock<double>& block, const KlNoise& noise) const;

  /// log p(w).
  double log_density(double w) const;

 private:
  ScaleMixtureOptions options_;
};

}  // namespace credence
