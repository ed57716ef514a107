#pragma once

#include <cstddef>
#include <exception>
#include <mutex>
#include <vector>

#include "credence/base/enum_names.h"
#include "credence/comm/gradient_sum.h"
#include "credence/comm/progress_thread.h"

namespace credence {

/// When a thread helps messages on their way: automatic is where there is more than one node.
enum class ProgressThreadUse { automatic, always, never };
inline EnumNames<ProgressThreadUse> enum_names(ProgressThreadUse) {
  static constexpr EnumName<ProgressThreadUse> names[] = {{ProgressThreadUse::automatic, "auto"},
                                                          {ProgressThreadUse::always, "always"},
                                                          {ProgressThreadUse::never, "never"}};
  return names;
}

struct GradientBucketsOptions {
  std::size_t bucket_bytes = std::size_t{1} << 20;  ///< elements that travel together
  bool blocking = false;                            ///< wait for each bucket at once, to compare
  ProgressThreadUse progress_thread = ProgressThreadUse::never;

  template <class Visitor>
  void visit(Visitor& v) {
    v("bucket_bytes", bucket_bytes);
    v("blocking", blocking);
    v("progress_thread", progress_thread);
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

  /// Whether all sums that were started are known to be done.
  bool is_done() const;
  std::size_t bucket_count() const { return missing_.size(); }
  /// As of GradientSum.
  std::uint64_t bytes_sent() const { return sum_->bytes_sent(); }
  std::span<float> residual() { return sum_->residual(); }

 private:
  std::size_t begin_of(std::size_t bucket) const { return bucket * bucket_size_; }
  std::size_t size_of(std::size_t bucket) const;
  void start(std::size_t bucket);
  void test_requests();
  /// For the thread: whether something is still under way.
  bool go_on() noexcept;
  bool is_alone() const { return missing_.empty(); }

  mutable std::mutex mutex_;  // of all that follows
  std::shared_ptr<GradientSum> sum_;
  std::size_t size_;         // in elements
  std::size_t bucket_size_;  // in elements
  bool blocking_;
  std::vector<std::size_t> missing_;  // elements not added yet, by bucket
  std::vector<bool> started_;
  std::vector<Request> requests_;           // in the order of their start
  std::size_t done_ = 0;                    // requests that are known to be done
  std::exception_ptr failure_;              // of the thread
  std::unique_ptr<ProgressThread> thread_;  // last: it uses the others
};

}  // namespace credence
