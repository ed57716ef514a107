#include "credence/comm/tree_sum.h"

#include <bit>
#include <vector>

#include "credence/comm/checks.h"
#include "credence/comm/exchanges.h"

namespace credence {
namespace {

/// Buffers up to so many bytes travel whole: half as many messages.
constexpr std::size_t small_bytes = 8192;

std::vector<Exchange> exchanges_of(const Buffer& buffer, int rank, int size) {
  const std::size_t count = buffer.count;
  const bool is_small = bytes_of(buffer) <= small_bytes;
  std::vector<Exchange> exchanges;
  std::size_t begin = 0, end = count;
  for (int distance = 1; distance < size; distance *= 2) {
    Exchange next{.peer = rank ^ distance,
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
    exchanges.push_back({.peer = half.peer,
                         .out = half.in,
                         .out_count = half.in_count,
                         .in = half.out,
                         .in_count = half.out_count});
  }
  return exchanges;
}

}  // namespace

Request start_tree_sum(Communicator& communicator, Buffer buffer, int tag) {
  const int size = communicator.size();
  require<InternalError>(std::has_single_bit(static_cast<unsigned>(size)),
                         "tree_sum: expected a power of two of ranks, got ", size);
  if (buffer.count == 0) return Request();
  return start_exchanges(communicator, buffer, exchanges_of(buffer, communicator.rank(), size),
                         tag);
}

std::uint64_t tree_sum_bytes(const Communicator& communicator, Buffer buffer) {
  std::uint64_t bytes = 0;
  for (const Exchange& exchange : exchanges_of(buffer, communicator.rank(), communicator.size()))
    bytes += exchange.out_count * bytes_of(buffer.dtype);
  return bytes;
}

}  // namespace credence
