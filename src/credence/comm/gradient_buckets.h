#pragma once

#include <cstddef>
#include <vector>

#include "credence/comm/gradient_sum.h"

namespace credence {

struct GradientBucketsOptions {
  std::size_t bucket_bytes = std::size_t{1} << 20;  ///< elements that travel together
  bool blocking = false;                            ///< wait for each bucket at once, to compare

  template <class Visitor>
  void visit(Visitor& v) {
    v("bucket_bytes", bucket_bytes);
    v("blocking", blocking);
  }
};

/// Sums a model's gradients over the ranks while backward goes on.
///
/// The gradients are one buffer, cut into buckets of equal size; the last is what remains. They
/// travel best if the buffer has the order in which backward finishes them. A bucket's sum starts
/// when all its elements were added, and is the plain sum whatever the bucket size: each element
/// meets the same elements of the other ranks, though the library may add them in another order.
///
/// All ranks must make the same calls of add in the same order, those without examples too.
/// Over one rank nothing happens. Errors: CommError; InternalError for gradients that are outside
/// the buffer or were added before.
class GradientBuckets {
 public:
  /// `gradients`: a span of float or double, which must stay where it is. Collective.
  GradientBuckets(Communicator& communicator, Buffer gradients, GradientBucketsOptions options = {},
                  const GradientSumOptions& sum = {})
      : GradientBuckets(communicator, gradients, options,
                        make_gradient_sum(communicator, gradients, sum)) {}
  /// The same by this sum of these gradients.
  GradientBuckets(Communicator& communicator, Buffer gradients, GradientBucketsOptions options,
                  std::shared_ptr<GradientSum> sum);

  /// Gradients [offset, offset + count) of this step are final and are not touched before
  /// finalize() returns.
  void add(std::size_t offset, std::size_t count);
  /// Lets the sums under way go on; long layers may call it now and then.
  void progress();
  /// Starts what was not added, and waits for all sums: the buffer then holds them, and the next
  /// step may begin.
  void finalize();

  std::size_t bucket_count() const { return missing_.size(); }

 private:
  std::size_t begin_of(std::size_t bucket) const { return bucket * bucket_size_; }
  std::size_t size_of(std::size_t bucket) const;
  void start(std::size_t bucket);
  bool is_alone() const { return missing_.empty(); }

  std::shared_ptr<GradientSum> sum_;
  std::size_t size_;         // in elements
  std::size_t bucket_size_;  // in elements
  bool blocking_;
  std::vector<std::size_t> missing_;  // elements not added yet, by bucket
  std::vector<bool> started_;
  std::vector<Request> requests_;  // in the order of their start
  std::size_t done_ = 0;           // requests that are known to be done
};

}  // namespace credence
