#include "credence/comm/gather.h"

#include <algorithm>

namespace credence {

std::vector<std::string> all_gather_text(Communicator& communicator, const std::string& text) {
  const auto ranks = static_cast<std::size_t>(communicator.size());
  auto length = static_cast<double>(text.size());
  std::vector<double> lengths(ranks);
  communicator.start_all_gather(std::span(&length, 1), std::span(lengths)).wait();

  const auto width = static_cast<std::size_t>(*std::max_element(lengths.begin(), lengths.end()));
  std::vector<std::uint8_t> own(text.begin(), text.end());
  own.resize(width);
  std::vector<std::uint8_t> all(width * ranks);
  communicator.start_all_gather(std::span(own), std::span(all)).wait();

  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const std::uint8_t* begin = all.data() + rank * width;
    texts.emplace_back(begin, begin + static_cast<std::size_t>(lengths[rank]));
  }
  return texts;
}

std::vector<double> all_gather_numbers(Communicator& communicator, std::span<const double> own) {
  const auto ranks = static_cast<std::size_t>(communicator.size());
  auto count = static_cast<double>(own.size());
  std::vector<double> counts(ranks);
  communicator.start_all_gather(std::span(&count, 1), std::span(counts)).wait();

  const auto width = static_cast<std::size_t>(*std::ranges::max_element(counts));
  std::vector<double> padded(own.begin(), own.end()), all(width * ranks);
  padded.resize(width);
  communicator.start_all_gather(std::span(padded), std::span(all)).wait();

  std::vector<double> numbers;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(rank * width);
    numbers.insert(numbers.end(), begin, begin + static_cast<std::ptrdiff_t>(counts[rank]));
  }
  return numbers;
}

/// Each rank adds its own to zeros, which is exact.
Tensor gather_rows(const Tensor& part, std::int64_t begin, std::int64_t total,
                   Communicator& communicator) {
  Tensor whole(part.shape().with_leading(total));
  whole.rows(begin, part.shape()[0]).copy_from(part);
  communicator.sum(whole.span<float>());
  return whole;
}

}  // namespace credence
