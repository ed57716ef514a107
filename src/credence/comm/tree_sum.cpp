#include "credence/comm/tree_sum.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "credence/comm/checks.h"

namespace credence {
namespace {

/// Buffers up to so many bytes travel whole: half as many messages.
constexpr std::size_t small_bytes = 8192;

/// One message to a rank and back, and what is done with what came.
struct Exchange {
  int distance = 0;
  std::size_t out = 0, out_count = 0;  // of the buffer
  std::size_t in = 0, in_count = 0;
  bool adds = false;  // what comes; else it is what was wanted
};

template <class T>
void add(const Buffer& buffer, const Exchange& exchange, const std::byte* received) {
  T* const sum = static_cast<T*>(buffer.data) + exchange.in;
  const T* const summand = reinterpret_cast<const T*>(received);
  for (std::size_t i = 0; i < exchange.in_count; ++i) sum[i] += summand[i];
}

std::vector<Exchange> exchanges_of(const Buffer& buffer, int rank, int size) {
  const std::size_t count = buffer.count;
  const bool is_small = bytes_of(buffer) <= small_bytes;
  std::vector<Exchange> exchanges;
  std::size_t begin = 0, end = count;
  for (int distance = 1; distance < size; distance *= 2) {
    Exchange next{.distance = distance,
                  .out = begin,
                  .out_count = end - begin,
                  .in = begin,
                  .in_count = end - begin,
                  .adds = true};
    if (!is_small) {
      const std::size_t middle = begin + (end - begin) / 2;
      const bool keeps_first = (rank & distance) == 0;
      (keeps_first ? next.out : next.in) = middle;
      (keeps_first ? next.out_count : next.in_count) = end - middle;
      (keeps_first ? next.in_count : next.out_count) = middle - begin;
      (keeps_first ? end : begin) = middle;
    }
    exchanges.push_back(next);
  }
  if (is_small) return exchanges;
  for (std::size_t level = exchanges.size(); level-- > 0;) {
    const Exchange& half = exchanges[level];
    exchanges.push_back({.distance = half.distance,
                         .out = half.in,
                         .out_count = half.in_count,
                         .in = half.out,
                         .in_count = half.out_count});
  }
  return exchanges;
}

class TreeSum final : public Request::Operation {
 public:
  TreeSum(Communicator& communicator, Buffer buffer, int tag)
      : communicator_(communicator),
        buffer_(buffer),
        tag_(tag),
        exchanges_(exchanges_of(buffer, communicator.rank(), communicator.size())) {
    std::size_t most = 0;
    for (const Exchange& exchange : exchanges_)
      if (exchange.adds) most = std::max(most, exchange.in_count);
    received_.resize(most * bytes_of(buffer.dtype));
    start();
  }

  void wait() override {
    while (next_ < exchanges_.size()) {
      request_.wait();
      finish();
    }
  }

  bool test() override {
    while (next_ < exchanges_.size() && request_.test()) finish();
    return next_ == exchanges_.size();
  }

 private:
  void start() {
    const Exchange& exchange = exchanges_[next_];
    Buffer in = window_of(buffer_, exchange.in, exchange.in_count);
    if (exchange.adds) in.data = received_.data();
    request_ = communicator_.start_exchange(window_of(buffer_, exchange.out, exchange.out_count),
                                            in, communicator_.rank() ^ exchange.distance,
                                            tag_ + static_cast<int>(next_));
  }

  void finish() {
    const Exchange& exchange = exchanges_[next_];
    if (exchange.adds && buffer_.dtype == DType::float32)
      add<float>(buffer_, exchange, received_.data());
    else if (exchange.adds)
      add<double>(buffer_, exchange, received_.data());
    if (++next_ < exchanges_.size()) start();
  }

  Communicator& communicator_;
  Buffer buffer_;
  int tag_;
  std::vector<Exchange> exchanges_;
  std::size_t next_ = 0;  // that is under way
  std::vector<std::byte> received_;
  Request request_;  // last: it waits before its memory goes
};

}  // namespace

Request start_tree_sum(Communicator& communicator, Buffer buffer, int tag) {
  const int size = communicator.size();
  require<InternalError>(
      std::has_single_bit(static_cast<unsigned>(size)) && size <= 1 << (tree_sum_tags / 2),
      "tree_sum: expected a power of two of ranks, got ", size);
  require<InternalError>(buffer.dtype == DType::float32 || buffer.dtype == DType::float64,
                         "tree_sum: expected float32 or float64, got ", name_of(buffer.dtype));
  if (size == 1 || buffer.count == 0) return Request();
  return Request(std::make_unique<TreeSum>(communicator, buffer, tag));
}

std::uint64_t tree_sum_bytes(const Communicator& communicator, Buffer buffer) {
  std::uint64_t bytes = 0;
  for (const Exchange& exchange : exchanges_of(buffer, communicator.rank(), communicator.size()))
    bytes += exchange.out_count * bytes_of(buffer.dtype);
  return bytes;
}

}  // namespace credence
