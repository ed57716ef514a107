#include "credence/data/text_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/text.h"

namespace credence {
namespace {

constexpr std::string_view blanks = " \t";
constexpr const char* not_a_header = "; a line with a number in it is not taken for a header";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Lines without their ends, and without empty ones at the end.
std::vector<std::string_view> lines_of(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  return lines;
}

/// A file and what separates its cells; ' ' stands for runs of blanks.
struct Source {
  std::string path;
  char delimiter;
  bool may_have_header;
};

/// "data.csv:7", for messages.
std::string place(const Source& source, std::size_t line) {
  return concat(source.path, ":", line + 1);
}

/// Takes a quoted cell from the front of `line`, "" standing for a quote.
std::string take_quoted(const Source& source, std::size_t number, std::string_view& line) {
  std::string cell;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      cell += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      cell += line[i++];
    } else {
      line.remove_prefix(i + 1);
      return cell;
    }
  }
  throw DataError(concat(place(source, number), ": a quote is not closed"));
}

/// The first of comma, semicolon and tab that the line has in it; else runs of blanks.
char delimiter_in(std::string_view line) {
  for (const char delimiter : {',', ';', '\t'})
    if (trim(line).find(delimiter) != std::string_view::npos) return delimiter;
  return ' ';
}

std::vector<std::string> cells_of(const Source& source, std::size_t number, std::string_view line) {
  const char delimiter = source.delimiter;
  const bool runs = delimiter == ' ';
  const auto is_delimiter = [&](char c) {
    return runs ? blanks.find(c) != std::string_view::npos : c == delimiter;
  };
  const auto skip_blanks = [&] {
    while (!line.empty() && blanks.find(line[0]) != std::string_view::npos &&
           (runs || line[0] != delimiter))
      line.remove_prefix(1);
  };
  std::vector<std::string> cells;
  while (true) {
    skip_blanks();
    if (runs && line.empty()) return cells;
    if (line.starts_with('"')) {
      cells.push_back(take_quoted(source, number, line));
      if (!runs) skip_blanks();
      require<DataError>(line.empty() || is_delimiter(line[0]), place(source, number), ", column ",
                         cells.size(), ": text after a closing quote");
    } else {
      const auto end = std::ranges::find_if(line, is_delimiter) - line.begin();
      cells.emplace_back(trim(line.substr(0, static_cast<std::size_t>(end))));
      line.remove_prefix(static_cast<std::size_t>(end));
    }
    if (line.empty()) return cells;
    line.remove_prefix(1);
  }
}

std::optional<double> number_in(std::string_view cell) {
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error == std::errc::invalid_argument || end != cell.data() + cell.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range)  // infinite, or next to zero
    return std::strtod(std::string(cell).c_str(), nullptr);
  return value;
}

void append_row(const Source& source, std::size_t number, const std::vector<std::string>& cells,
                TextTable& table) {
  require<DataError>(cells.size() == table.columns, place(source, number), ": expected ",
                     table.columns, " columns, as in the first line, got ", cells.size());
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::optional<double> value = number_in(cells[column]);
    if (value && std::isfinite(static_cast<float>(*value))) {
      table.cells.push_back(*value);
      continue;
    }
    const std::string name = table.names.empty() ? "" : concat(" (", table.names[column], ")");
    const bool is_word = number == 0 && source.may_have_header && !value && !cells[column].empty();
    throw DataError(concat(place(source, number), ", column ", column + 1, name, ": expected a ",
                           value ? "finite number" : "number", ", got ",
                           cells[column].empty() ? "an empty cell" : '"' + cells[column] + '"',
                           is_word ? not_a_header : ""));
  }
}

}  // namespace

TextTable read_text_table(const std::filesystem::path& path, const TextTableOptions& options) {
  const std::string text = read_file(path);
  const std::vector<std::string_view> lines = lines_of(text);
  require<DataError>(!lines.empty(), path.string(), ": the file is empty");
  const Source source{path.string(), options.delimiter.value_or(delimiter_in(lines[0])),
                      options.header == TableHeader::detect};
  std::vector<std::string> first = cells_of(source, 0, lines[0]);
  const bool has_word = std::ranges::any_of(first, [](const auto& cell) { return !cell.empty(); });
  const bool has_number =
      std::ranges::any_of(first, [](const auto& cell) { return number_in(cell).has_value(); });
  const bool is_names = has_word && !has_number;
  TextTable table;
  table.columns = first.size();
  const bool has_header =
      options.header == TableHeader::yes || (options.header == TableHeader::detect && is_names);
  if (has_header) table.names = std::move(first);
  for (std::size_t i = has_header ? 1 : 0; i < lines.size(); ++i)
    append_row(source, i, cells_of(source, i, lines[i]), table);
  return table;
}

}  // namespace credence
