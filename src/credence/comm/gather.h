#pragma once

#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "credence/comm/communicator.h"

namespace credence {

/// Every rank's text, in rank order, on all ranks. Collective. For a few hundred bytes a rank.
std::vector<std::string> all_gather_text(Communicator& communicator, const std::string& text);

/// Every rank's numbers, however many, one rank behind the other, on all ranks. Collective.
std::vector<double> all_gather_numbers(Communicator& communicator, std::span<const double> own);

/// The same of records that are made of doubles.
template <class Record>
std::vector<Record> all_gather_records(Communicator& communicator, std::span<const Record> own) {
  static_assert(std::is_trivially_copyable_v<Record> && sizeof(Record) % sizeof(double) == 0);
  std::vector<double> numbers(own.size_bytes() / sizeof(double));
  if (!own.empty()) std::memcpy(numbers.data(), own.data(), own.size_bytes());
  numbers = all_gather_numbers(communicator, numbers);
  std::vector<Record> all(numbers.size() * sizeof(double) / sizeof(Record));
  if (!all.empty()) std::memcpy(all.data(), numbers.data(), all.size() * sizeof(Record));
  return all;
}

/// The rows of every rank, float32, in one tensor of `total` rows, on all ranks: this one's are
/// those from `begin` on. Collective.
Tensor gather_rows(const Tensor& part, std::int64_t begin, std::int64_t total,
                   Communicator& communicator);

}  // namespace credence
