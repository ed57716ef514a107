#include "credence/comm/agreement.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include "credence/comm/gather.h"

namespace credence {
namespace {

std::string quoted(const std::optional<std::string>& line) {
  if (!line) return "nothing";
  const std::size_t begin = std::min(line->find_first_not_of(' '), line->size());
  return concat('"', line->substr(begin), '"');
}

std::optional<std::string> next_line(std::istream& text) {
  std::string line;
  if (!std::getline(text, line)) return std::nullopt;
  return line;
}

/// Of two texts that are not the same.
std::string first_difference(int rank, const std::string& own, const std::string& expected) {
  std::istringstream own_lines(own), expected_lines(expected);
  std::optional<std::string> line, other;
  do {
    line = next_line(own_lines);
    other = next_line(expected_lines);
  } while (line == other && line);  // the end of the last line may be all that differs
  return concat("rank ", rank, " has ", quoted(line), ", rank 0 has ", quoted(other));
}

/// That of rank 0, of any length.
std::string broadcast_text(Communicator& communicator, std::string text) {
  auto length = static_cast<double>(text.size());
  communicator.broadcast(std::span<double>(&length, 1), 0);
  text.resize(static_cast<std::size_t>(length));
  communicator.broadcast(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()), 0);
  return text;
}

}  // namespace

std::string difference_between_ranks(Communicator& communicator, const std::string& text) {
  const std::string expected = broadcast_text(communicator, text);
  const std::string own =
      text == expected ? "" : first_difference(communicator.rank(), text, expected);
  const std::vector<std::string> all = all_gather_text(communicator, own);
  const auto found =
      std::ranges::find_if(all, [](const std::string& each) { return !each.empty(); });
  return found == all.end() ? "" : *found;
}

}  // namespace credence
