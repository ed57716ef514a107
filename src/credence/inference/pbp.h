#pragma once

#include "credence/inference/gamma_belief.h"
#include "credence/inference/inference.h"

namespace credence {

struct PbpOptions {
  GammaBelief noise{};  ///< about the precision of targets, before any are seen
  GammaBelief prior{};  ///< about the precision of the weights' prior

  template <class Visitor>
  void visit(Visitor& v) {
    v("noise", noise);
    v("prior", prior);
  }
};

/// Probabilistic backpropagation: a normal for each weight of a regression network of Dense and
/// ReLU layers, found by going over the data some forty times without an optimizer (see PbpNetwork
/// and PbpPrior). Of what training takes, epochs and the batches count, whose examples are taken
/// one after the other; the prior is refined at the end of each epoch. The loss's sigma is set to
/// the root of E[1 / precision of targets].
///
/// An example changes what the next one meets, so ranks cannot share the work: every rank does all
/// of it, and takes the result of rank 0.
///
/// Source  Hernandez-Lobato and Adams 2015, arXiv:1502.05336.
class Pbp : public Inference {
 public:
  using Options = PbpOptions;
  /// ConfigError unless shapes are above 1, so that a variance is expected, and rates above 0.
  explicit Pbp(const Options& options = {});

  std::string name() const override { return "pbp"; }
  Steps steps() const override { return Steps::none; }
  /// Every rank does all of it.
  int ranks_a_network(int /*ranks*/) const override { return 1; }
  void check(const Training& training) const override;
  bool can_go_on() const override { return false; }
  Inferred run(const Training& training) override;

 private:
  Options options_;
};

}  // namespace credence
