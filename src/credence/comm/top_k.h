#pragma once

#include "credence/comm/compression.h"

namespace credence {

/// Of each part of the gradients the k of largest magnitude alone, with their places; the others
/// wait, added up, until they are among the largest (Stich et al. 2018, arXiv:1809.07599; Lin et
/// al. 2018, arXiv:1712.01887, whose corrections of momentum are not made: they are SGD's). Every
/// rank gets those of all, 8 bytes each, and adds them in the order of ranks, so that all have the
/// same bits. The bytes grow with the ranks: beyond 1 / ratio of them nothing is saved.
class TopKCompression final : public Compression {
 public:
  struct Options {
    double ratio = 0.01;  ///< k over the number of gradients

    template <class Visitor>
    void visit(Visitor& v) {
      v("ratio", ratio);
    }
  };
  /// ConfigError unless the ratio is in (0, 1].
  explicit TopKCompression(const Options& options);

  std::string description() const override;
  bool has_error_feedback() const override { return true; }
  double bytes(double count, int ranks) const override;
  std::unique_ptr<GradientSum> make_sum(Communicator& communicator,
                                        Buffer gradients) const override;

 private:
  Options options_;
};

}  // namespace credence
