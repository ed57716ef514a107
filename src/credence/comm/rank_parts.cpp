#include "credence/comm/rank_parts.h"

#include <algorithm>
#include <bit>

#include "credence/comm/exchanges.h"

namespace credence {
namespace {

bool is_power_of_two(int size) {
  return std::has_single_bit(static_cast<unsigned>(size));
}

/// Of a reduce-scatter: at each distance a rank keeps the half of the parts in which its own is.
std::vector<Exchange> halvings(const std::vector<std::size_t>& begins, int rank, int size) {
  std::vector<Exchange> exchanges;
  std::size_t first = 0, end = static_cast<std::size_t>(size);
  for (int distance = 1; distance < size; distance *= 2) {
    const std::size_t middle = (first + end) / 2;
    const bool keeps_first = (rank & distance) == 0;
    const std::size_t sent = keeps_first ? middle : first, sent_end = keeps_first ? end : middle;
    (keeps_first ? end : first) = middle;
    exchanges.push_back({.peer = rank ^ distance,
                         .out = begins[sent],
                         .out_count = begins[sent_end] - begins[sent],
                         .in = begins[first],
                         .in_count = begins[end] - begins[first],
                         .adds = true});
  }
  return exchanges;
}

/// Of a reduce-scatter: a rank gets its part from one other rank after the other. In each round
/// they are paired off.
std::vector<Exchange> pairs(const std::vector<std::size_t>& begins, int rank, int size) {
  const auto own = static_cast<std::size_t>(part_of_rank(rank, size));
  std::vector<Exchange> exchanges;
  for (int round = 0; round < size; ++round) {
    const int peer = (round - rank + size) % size;
    if (peer == rank) continue;
    const auto theirs = static_cast<std::size_t>(part_of_rank(peer, size));
    exchanges.push_back({.peer = peer,
                         .out = begins[theirs],
                         .out_count = begins[theirs + 1] - begins[theirs],
                         .in = begins[own],
                         .in_count = begins[own + 1] - begins[own],
                         .adds = true});
  }
  return exchanges;
}

std::vector<Exchange> scattering(const std::vector<std::size_t>& begins, int rank, int size) {
  return is_power_of_two(size) ? halvings(begins, rank, size) : pairs(begins, rank, size);
}

/// The way back.
std::vector<Exchange> gathering(const std::vector<std::size_t>& begins, int rank, int size) {
  std::vector<Exchange> exchanges = scattering(begins, rank, size);
  std::ranges::reverse(exchanges);
  for (Exchange& exchange : exchanges) {
    std::swap(exchange.out, exchange.in);
    std::swap(exchange.out_count, exchange.in_count);
    exchange.adds = false;
  }
  return exchanges;
}

}  // namespace

int part_of_rank(int rank, int size) {
  if (!is_power_of_two(size)) return rank;
  int part = 0;
  for (int bit = 1; bit < size; bit *= 2) part = part * 2 + ((rank & bit) != 0 ? 1 : 0);
  return part;
}

Request start_reduce_scatter(Communicator& communicator, Buffer buffer,
                             const std::vector<std::size_t>& begins, int tag) {
  return start_exchanges(communicator, buffer,
                         scattering(begins, communicator.rank(), communicator.size()), tag);
}

Request start_all_gather(Communicator& communicator, Buffer buffer,
                         const std::vector<std::size_t>& begins, int tag) {
  return start_exchanges(communicator, buffer,
                         gathering(begins, communicator.rank(), communicator.size()), tag);
}

}  // namespace credence
