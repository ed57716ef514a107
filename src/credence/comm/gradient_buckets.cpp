#include "credence/comm/gradient_buckets.h"

#include <algorithm>

#include "credence/comm/checks.h"
#include "credence/comm/topology.h"

namespace credence {
namespace {

bool has_thread(Communicator& communicator, ProgressThreadUse use) {
  const bool is_wanted = use == ProgressThreadUse::always ||
                         (use == ProgressThreadUse::automatic && node_count(communicator) > 1);
  require<CommError>(
      use != ProgressThreadUse::always || communicator.allows_threads(),
      "distributed.buckets.progress_thread: expected an MPI that several threads may "
      "call (MPI_THREAD_MULTIPLE), got less");
  return is_wanted && communicator.allows_threads();
}

}  // namespace

GradientBuckets::GradientBuckets(Communicator& communicator, Buffer gradients,
                                 GradientBucketsOptions options, std::shared_ptr<GradientSum> sum)
    : sum_(std::move(sum)),
      size_(gradients.count),
      bucket_size_(std::max<std::size_t>(options.bucket_bytes / bytes_of(gradients.dtype), 1)),
      blocking_(options.blocking) {
  if (communicator.size() == 1) return;
  const std::size_t buckets = (size_ + bucket_size_ - 1) / bucket_size_;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) missing_.push_back(size_of(bucket));
  started_.assign(buckets, false);
  requests_.reserve(buckets);
  if (has_thread(communicator, options.progress_thread))
    thread_ = std::make_unique<ProgressThread>([this] { return go_on(); });
}

std::size_t GradientBuckets::size_of(std::size_t bucket) const {
  return std::min(bucket_size_, size_ - begin_of(bucket));
}

void GradientBuckets::add(std::size_t offset, std::size_t count) {
  require<InternalError>(offset <= size_ && count <= size_ - offset, "gradient_buckets: elements ",
                         offset, " to ", offset + count, " are not among the ", size_,
                         " gradients");
  if (is_alone()) return;
  const std::lock_guard lock(mutex_);
  test_requests();
  const std::size_t end = offset + count;
  for (std::size_t begin = offset; begin < end;) {
    const std::size_t bucket = begin / bucket_size_;
    const std::size_t part = std::min(end, begin_of(bucket) + bucket_size_) - begin;
    require<InternalError>(part <= missing_[bucket], "gradient_buckets: gradients of elements ",
                           begin, " to ", begin + part, " were added twice");
    missing_[bucket] -= part;
    if (missing_[bucket] == 0) start(bucket);
    begin += part;
  }
}

void GradientBuckets::progress() {
  const std::lock_guard lock(mutex_);
  test_requests();
}

void GradientBuckets::test_requests() {
  if (failure_) std::rethrow_exception(failure_);
  while (done_ < requests_.size() && requests_[done_].test()) ++done_;
  // Sums of several rounds go on at a test alone, each by itself.
  for (std::size_t i = done_ + 1; i < requests_.size(); ++i) requests_[i].test();
}

bool GradientBuckets::is_done() const {
  const std::lock_guard lock(mutex_);
  return done_ == requests_.size();
}

bool GradientBuckets::go_on() noexcept {
  const std::lock_guard lock(mutex_);
  if (failure_) return false;
  try {
    test_requests();
  } catch (...) {
    failure_ = std::current_exception();
  }
  return done_ < requests_.size();
}

void GradientBuckets::finalize() {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  for (std::size_t bucket = 0; bucket < missing_.size(); ++bucket) {
    if (!started_[bucket]) start(bucket);
  }
  for (Request& request : requests_) {
    request.wait();
    test_requests();  // sums of several rounds have stood still meanwhile
  }
  requests_.clear();
  done_ = 0;
  sum_->end_step();
  for (std::size_t bucket = 0; bucket < missing_.size(); ++bucket) {
    missing_[bucket] = size_of(bucket);
    started_[bucket] = false;
  }
}

void GradientBuckets::start(std::size_t bucket) {
  const std::size_t number = requests_.size(), most = sum_->most_under_way();
  if (number >= most) requests_[number - most].wait();
  started_[bucket] = true;
  requests_.push_back(sum_->start(begin_of(bucket), size_of(bucket)));
  if (blocking_) requests_.back().wait();
  if (thread_) thread_->wake();
}

}  // namespace credence
