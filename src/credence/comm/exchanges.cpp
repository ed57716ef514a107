#include "credence/comm/exchanges.h"

#include <algorithm>

#include "credence/comm/checks.h"

namespace credence {
namespace {

template <class T>
void add(const Buffer& buffer, const Exchange& exchange, const std::byte* received) {
  T* const sum = static_cast<T*>(buffer.data) + exchange.in;
  const T* const summand = reinterpret_cast<const T*>(received);
  for (std::size_t i = 0; i < exchange.in_count; ++i) sum[i] += summand[i];
}

class Exchanges final : public Request::Operation {
 public:
  Exchanges(Communicator& communicator, Buffer buffer, std::vector<Exchange> exchanges, int tag)
      : communicator_(communicator), buffer_(buffer), tag_(tag), exchanges_(std::move(exchanges)) {
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
    // One tag will do: messages between two ranks do not overtake each other.
    request_ = communicator_.start_exchange(window_of(buffer_, exchange.out, exchange.out_count),
                                            in, exchange.peer, tag_);
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

Request start_exchanges(Communicator& communicator, Buffer buffer, std::vector<Exchange> exchanges,
                        int tag) {
  require<InternalError>(buffer.dtype == DType::float32 || buffer.dtype == DType::float64,
                         "exchanges: expected float32 or float64, got ", name_of(buffer.dtype));
  if (exchanges.empty()) return Request();
  return Request(std::make_unique<Exchanges>(communicator, buffer, std::move(exchanges), tag));
}

}  // namespace credence
