#pragma once

#include <functional>
#include <map>
#include <vector>

#include "credence/comm/gradient_sum.h"

namespace credence {

/// Elements of a buffer that are one rank's.
struct OwnedPiece {
  std::size_t offset = 0, count = 0;
  int owner = 0;
};

/// Sums gradients so that each rank has the sum of its own elements alone, and then gives all ranks
/// what each has made of its own: together no more bytes than a sum for all (Rajbhandari et al.
/// 2020, arXiv:1910.02054, section 5.1).
///
/// While a part of the gradients travels, its elements are put in the order of their ranks, for
/// each exchange is then of neighbours; no memory is needed but that of one part.
class ShardedSum final : public GradientSum {
 public:
  /// `pieces`: all of the buffer, in its order, the same on every rank.
  ShardedSum(Communicator& communicator, Buffer gradients, std::vector<OwnedPiece> pieces);

  Request start(std::size_t offset, std::size_t count) override;
  /// This rank's elements are then summed; what the others are is left open.
  void end_step() override;
  std::size_t most_under_way() const override { return 1000; }  // MPI promises 32,767 tags
  std::uint64_t bytes_sent() const override { return bytes_sent_; }

  /// The buffer's own elements, whatever they now are, go to all ranks, and theirs come: by the
  /// parts of the step before, each told to `arrived` when it is whole.
  void gather(const std::function<void(std::size_t offset, std::size_t count)>& arrived);

 private:
  /// What a part of the gradients, which travels by itself, consists of.
  struct Part {
    struct Run {
      std::size_t place, packed, count;  // elements of the part: where they belong, and travel
    };
    std::vector<Run> runs;            // by rank, in the order in which they travel
    std::vector<std::size_t> begins;  // of the ranks' shares in that order
    std::vector<Run> own;
    bool is_packed = true;  // as it is
  };
  struct Started {
    std::size_t offset, count;
    Request request{};
  };

  const Part& part(std::size_t offset, std::size_t count);
  Part plan(std::size_t offset, std::size_t count) const;
  void pack(const Started& started, const std::vector<Part::Run>& runs);
  void unpack(const Started& started, const std::vector<Part::Run>& runs);
  /// Elements of a part that are other ranks', in bytes: what one half of a sum sends.
  std::uint64_t bytes_of_others(const Part& part) const;
  int next_tag() { return static_cast<int>(tag_++ % most_under_way()); }

  Communicator& communicator_;
  Buffer gradients_;
  std::vector<OwnedPiece> pieces_;
  std::map<std::size_t, Part> parts_;  // by offset
  std::vector<Started> started_;       // of this step
  std::size_t tag_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::vector<std::byte> copy_;
};

}  // namespace credence
