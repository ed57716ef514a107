#include "credence/data/feature_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Takes what stands before the delimiter, and the delimiter, from the front of the text.
std::string_view take(std::string_view& text, char delimiter) {
  const std::size_t end = std::min(text.find(delimiter), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

char delimiter_of(std::string_view line) {
  for (const char delimiter : {',', ';', '\t'})
    if (line.find(delimiter) != std::string_view::npos) return delimiter;
  return ' ';
}

std::vector<std::string_view> cells_of(std::string_view line, char delimiter) {
  std::vector<std::string_view> cells;
  const bool ends_empty = delimiter != ' ' && line.ends_with(delimiter);
  while (!line.empty()) {
    cells.push_back(trim(take(line, delimiter)));
    if (delimiter == ' ') line = trim(line);  // a run of blanks
  }
  if (ends_empty) cells.emplace_back();
  return cells;
}

std::optional<double> number_in(std::string_view cell) {
  if (cell.starts_with('+')) cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

bool is_header(const std::vector<std::string_view>& cells) {
  return std::ranges::any_of(cells, [](auto cell) { return !cell.empty() && !number_in(cell); });
}

}  // namespace

Tensor read_feature_rows(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::string_view text = bytes;
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  const std::string_view first = text.substr(0, text.find('\n'));
  const char delimiter = delimiter_of(trim(first));
  const std::size_t columns = cells_of(trim(first), delimiter).size();

  std::vector<double> values;
  for (int number = 1; !text.empty(); ++number) {
    const std::vector<std::string_view> cells = cells_of(trim(take(text, '\n')), delimiter);
    if (number == 1 && is_header(cells)) continue;
    require<DataError>(cells.size() == columns, path.string(), ":", number, ": expected ", columns,
                       " columns, as in the first line, got ", cells.size());
    for (std::size_t column = 0; column < columns; ++column) {
      const std::optional<double> value = number_in(cells[column]);
      require<DataError>(value && std::isfinite(static_cast<float>(*value)), path.string(), ":",
                         number, ", column ", column + 1, ": expected a finite number, got \"",
                         cells[column], "\"");
      values.push_back(*value);
    }
  }
  const auto rows = columns > 0 ? values.size() / columns : 0;
  Tensor tensor({static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)},
                DType::float64);
  std::ranges::copy(values, tensor.data<double>());
  return tensor;
}

}  // namespace credence
