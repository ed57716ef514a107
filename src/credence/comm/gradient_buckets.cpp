#include "credence/comm/gradient_buckets.h"

#include <algorithm>

#include "credence/comm/checks.h"
#include "credence/comm/tree_sum.h"

namespace credence {

GradientBuckets::GradientBuckets(Communicator& communicator, Buffer gradients,
                                 GradientBucketsOptions options, SumOrder order)
    : communicator_(communicator),
      gradients_(gradients),
      bucket_size_(std::max<std::size_t>(options.bucket_bytes / bytes_of(gradients.dtype), 1)),
      blocking_(options.blocking),
      order_(order) {
  require<InternalError>(gradients.dtype == DType::float32 || gradients.dtype == DType::float64,
                         "gradient_buckets: expected float32 or float64, got ",
                         name_of(gradients.dtype));
  if (communicator.size() == 1) return;
  const std::size_t buckets = (gradients.count + bucket_size_ - 1) / bucket_size_;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) missing_.push_back(size_of(bucket));
  started_.assign(buckets, false);
  requests_.reserve(buckets);
}

std::size_t GradientBuckets::size_of(std::size_t bucket) const {
  return std::min(bucket_size_, gradients_.count - begin_of(bucket));
}

void GradientBuckets::add(std::size_t offset, std::size_t count) {
  require<InternalError>(offset <= gradients_.count && count <= gradients_.count - offset,
                         "gradient_buckets: elements ", offset, " to ", offset + count,
                         " are not among the ", gradients_.count, " gradients");
  if (communicator_.size() == 1) return;
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
  // Sums in trees go on at a test alone, each by itself.
  for (std::size_t i = done_ + 1; order_ == SumOrder::tree && i < requests_.size(); ++i)
    requests_[i].test();
}

void GradientBuckets::finalize() {
  for (std::size_t bucket = 0; bucket < missing_.size(); ++bucket) {
    if (!started_[bucket]) start(bucket);
  }
  for (Request& request : requests_) request.wait();
  requests_.clear();
  done_ = 0;
  for (std::size_t bucket = 0; bucket < missing_.size(); ++bucket) {
    missing_[bucket] = size_of(bucket);
    started_[bucket] = false;
  }
}

Request GradientBuckets::start_in_tree(Buffer part) {
  constexpr std::size_t most_under_way = 1000;  // tags beyond 32,767 need not exist
  const std::size_t number = requests_.size();
  if (number >= most_under_way) requests_[number - most_under_way].wait();
  const int tag = static_cast<int>(number % most_under_way) * tree_sum_tags;
  return start_tree_sum(communicator_, part, tag);
}

void GradientBuckets::start(std::size_t bucket) {
  Buffer part = gradients_;
  part.data = part_of(gradients_, begin_of(bucket), 1);
  part.count = size_of(bucket);
  started_[bucket] = true;
  requests_.push_back(order_ == SumOrder::tree ? start_in_tree(part)
                                               : communicator_.start_sum(part));
  if (blocking_) requests_.back().wait();
}

}  // namespace credence
