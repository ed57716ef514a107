#pragma once

#include "credence/comm/gradient_code.h"
#include "credence/comm/gradient_sum.h"

namespace credence {

struct CompressedSumOptions {
  bool error_feedback = false;
  int most_peers = 16;  ///< ranks that send to each other directly
};

/// Sums floats over ranks in the bytes of a code. Each rank sends the others their parts of its
/// own gradients, encoded, decodes and adds in float32 what it gets, and sends the sum of its part,
/// encoded, to all. Every rank then has the decoded sums, the one that added them too, so that all
/// have the same bits: the same in every run on so many ranks, and others on another number.
///
/// By parts, the bytes are those of a ring, 2 (n - 1) / n of the encoded buffer. Up to 16 ranks
/// send them directly, which takes two roundings of a gradient: its own, and that of the sum. More
/// ranks would be 2 (n - 1) messages, so they go by levels, as a number in mixed radix: 1,024 ranks
/// by 16, 16 and 4, with 66 messages and four roundings. Recursive halving would be 20 messages,
/// and eleven roundings.
///
/// Error feedback: what a rank's roundings lose, of its own gradients and of the sums it sends on,
/// is added to its gradients of the next step, so that over the steps no more is lost than once
/// (Seide et al. 2014, Interspeech; of both ways, Tang et al. 2019, arXiv:1905.05957; that this
/// keeps the rate of convergence, Karimireddy et al. 2019, arXiv:1901.09847).
///
/// Errors  InternalError for a buffer that is not float32; CommError as from start_exchange.
std::unique_ptr<GradientSum> make_compressed_sum(Communicator& communicator, Buffer gradients,
                                                 std::unique_ptr<GradientCode> code,
                                                 const CompressedSumOptions& options);

}  // namespace credence
