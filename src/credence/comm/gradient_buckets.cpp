#include "credence/comm/gradient_buckets.h"

#include <algorithm>

#include "credence/comm/checks.h"

namespace credence {

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
}

std::size_t GradientBuckets::size_of(std::size_t bucket) const {
  return std::min(bucket_size_, size_ - begin_of(bucket));
}

void GradientBuckets::add(std::size_t offset, std::size_t count) {
  require<InternalError>(offset <= size_ && count <= size_ - offset, "gradient_buckets: elements ",
                         offset, " to ", offset + count, " are not among the ", size_,
                         " gradients");
  if (is_alone()) return;
  progress();
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
  while (done_ < requests_.size() && requests_[done_].test()) ++done_;
  // Sums of several rounds go on at a test alone, each by itself.
  for (std::size_t i = done_ + 1; i < requests_.size(); ++i) requests_[i].test();
}

void GradientBuckets::finalize() {
  for (std::size_t bucket = 0; bucket < missing_.size(); ++bucket) {
    if (!started_[bucket]) start(bucket);
  }
  for (Request& request : requests_) request.wait();
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
}

}  // namespace credence
