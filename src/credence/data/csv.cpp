#include "credence/data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/text.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

constexpr std::string_view blanks = " \t";

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

/// "data.csv:7", for messages.
std::string place(const CsvOptions& options, std::size_t line) {
  return concat(options.path, ":", line + 1);
}

/// Takes a quoted cell from the front of `line`, "" standing for a quote.
std::string take_quoted(const CsvOptions& options, std::size_t number, std::string_view& line) {
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
  throw DataError(concat(place(options, number), ": a quote is not closed"));
}

/// ' ' stands for runs of blanks.
char delimiter_of(const CsvOptions& options) {
  if (options.delimiter == "whitespace") return ' ';
  return options.delimiter == "tab" ? '\t' : options.delimiter[0];
}

std::vector<std::string> cells_of(const CsvOptions& options, std::size_t number,
                                  std::string_view line) {
  const char delimiter = delimiter_of(options);
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
      cells.push_back(take_quoted(options, number, line));
      if (!runs) skip_blanks();
      require<DataError>(line.empty() || is_delimiter(line[0]), place(options, number), ", column ",
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
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::infinity();
  if (error != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

/// The file as numbers.
struct CsvTable {
  std::vector<std::string> names;  ///< of the header; empty without one
  std::size_t columns = 0;
  std::vector<double> cells;  ///< row by row

  std::size_t rows() const { return cells.size() / columns; }
  std::string name(std::size_t column) const {
    return names.empty() ? concat("column ", column + 1) : names[column];
  }
};

void append_row(const CsvOptions& options, std::size_t number,
                const std::vector<std::string>& cells, CsvTable& table) {
  require<DataError>(cells.size() == table.columns, place(options, number), ": expected ",
                     table.columns, " columns, as in the first line, got ", cells.size());
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::optional<double> value = number_in(cells[column]);
    if (value && std::isfinite(static_cast<float>(*value))) {
      table.cells.push_back(*value);
      continue;
    }
    const std::string name = table.names.empty() ? "" : concat(" (", table.names[column], ")");
    throw DataError(concat(place(options, number), ", column ", column + 1, name, ": expected a ",
                           value ? "finite number" : "number", ", got ",
                           cells[column].empty() ? "an empty cell" : '"' + cells[column] + '"'));
  }
}

/// Relative to the current directory, as all paths.
std::string read_text(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const std::string full = fs::absolute(path, error).lexically_normal().string();
  require<DataError>(status.type() != fs::file_type::not_found,
                     "csv: data.path: there is no file \"", path, "\" (", full, ")");
  require<DataError>(!fs::is_directory(status), "csv: data.path: expected a file, got the folder ",
                     full);
  return read_file(path);
}

CsvTable read_table(const CsvOptions& options) {
  const std::string text = read_text(options.path);
  const std::vector<std::string_view> lines = lines_of(text);
  require<DataError>(!lines.empty(), options.path, ": the file is empty");
  std::vector<std::string> first = cells_of(options, 0, lines[0]);
  const bool has_word = std::ranges::any_of(
      first, [](const std::string& cell) { return !cell.empty() && !number_in(cell); });
  CsvTable table;
  table.columns = first.size();
  const bool has_header =
      options.header == CsvHeader::yes || (options.header == CsvHeader::detect && has_word);
  if (has_header) table.names = std::move(first);
  for (std::size_t i = has_header ? 1 : 0; i < lines.size(); ++i)
    append_row(options, i, cells_of(options, i, lines[i]), table);
  require<DataError>(!table.cells.empty(), options.path, ": a header and no rows");
  return table;
}

std::size_t find_column(const CsvOptions& options, const CsvTable& table,
                        const std::string& target) {
  const auto same = std::ranges::count(table.names, target);
  require<ConfigError>(same <= 1, "csv: target: ", options.path, " has ", same,
                       " columns called \"", target, "\"; give the number of one");
  if (same == 1)
    return static_cast<std::size_t>(std::ranges::find(table.names, target) - table.names.begin());
  const auto columns = static_cast<int>(table.columns);
  int number = 0;
  const char* const end = target.data() + target.size();
  const bool is_number = std::from_chars(target.data(), end, number).ptr == end && !target.empty();
  require<ConfigError>(is_number || table.names.empty(), "csv: target: ", options.path, ": ",
                       unknown_name("column", target, table.names));
  const bool exists = is_number && number != 0 && -columns <= number && number <= columns;
  require<ConfigError>(exists, "csv: target: ", options.path, ": expected a column from 1 to ",
                       columns, ", or from -1 to ", -columns, ", got \"", target, "\"");
  return static_cast<std::size_t>(number > 0 ? number - 1 : columns + number);
}

std::vector<std::size_t> find_targets(const CsvOptions& options, const CsvTable& table) {
  std::vector<std::size_t> targets;
  for (const std::string& target : options.target) {
    const std::size_t column = find_column(options, table, target);
    require<ConfigError>(std::ranges::count(targets, column) == 0, "csv: target: ", options.path,
                         ": ", table.name(column), " is given twice");
    targets.push_back(column);
  }
  require<ConfigError>(!targets.empty(), "csv: target: expected a column or several, got none");
  require<ConfigError>(targets.size() < table.columns, "csv: target: ", options.path,
                       ": no column is left to predict from");
  return targets;
}

/// value = (cell - mean) / scale.
struct Standard {
  double mean = 0;
  double scale = 1;
};

Standard standard_of(const CsvTable& table, std::size_t column,
                     const std::vector<std::size_t>& rows) {
  const auto cell = [&](std::size_t row) { return table.cells[row * table.columns + column]; };
  const auto n = static_cast<double>(rows.size());
  double mean = 0, variance = 0;
  for (const std::size_t row : rows) mean += cell(row) / n;
  for (const std::size_t row : rows) variance += (cell(row) - mean) * (cell(row) - mean) / n;
  // A constant's mean may be off by an ulp or two.
  const bool constant = std::sqrt(variance) <= 1e-12 * std::abs(mean);
  return {.mean = mean, .scale = constant ? 1 : std::sqrt(variance)};
}

Tensor gather(const CsvTable& table, const std::vector<std::size_t>& rows,
              const std::vector<std::size_t>& columns, const std::vector<Standard>& standards) {
  Tensor result({std::ssize(rows), std::ssize(columns)});
  float* to = result.data<float>();
  for (const std::size_t row : rows)
    for (const std::size_t column : columns)
      *to++ =
          static_cast<float>((table.cells[row * table.columns + column] - standards[column].mean) /
                             standards[column].scale);
  return result;
}

void check_options(const CsvOptions& options) {
  require<ConfigError>(!options.path.empty(), "csv: data.path: give the file to read");
  require<ConfigError>(options.test_fraction >= 0 && options.test_fraction < 1,
                       "csv: test_fraction: expected a share in [0, 1), got ",
                       options.test_fraction);
  const bool named = options.delimiter == "whitespace" || options.delimiter == "tab";
  require<ConfigError>(
      named || (options.delimiter.size() == 1 && options.delimiter != "\""),
      "csv: delimiter: expected one character, not a quote, or whitespace or tab, ", "got \"",
      options.delimiter, "\"");
}

}  // namespace

DataSplits load_csv(const CsvOptions& options) {
  check_options(options);
  const CsvTable table = read_table(options);
  const std::vector<std::size_t> targets = find_targets(options, table);
  std::vector<std::size_t> inputs;
  for (std::size_t column = 0; column < table.columns; ++column)
    if (std::ranges::count(targets, column) == 0) inputs.push_back(column);

  const auto test_rows = static_cast<std::size_t>(
      std::llround(options.test_fraction * static_cast<double>(table.rows())));
  require<DataError>(test_rows < table.rows(), options.path, ": ", table.rows(),
                     " rows leave none to train on beside test_fraction ", options.test_fraction);
  const Permutation permutation(table.rows(), noise_key(options.seed, Stream::shuffle, "csv"), 0);
  std::vector<std::size_t> train, test;
  for (std::size_t i = 0; i < table.rows(); ++i)
    (i < test_rows ? test : train).push_back(permutation(i));

  std::vector<Standard> standards(table.columns);
  TargetInfo info;
  for (std::size_t column = 0; options.standardise && column < table.columns; ++column)
    standards[column] = standard_of(table, column, train);
  for (const std::size_t column : targets) {
    info.labels.push_back(table.name(column));
    if (options.standardise)
      info.units.push_back({.scale = static_cast<float>(standards[column].scale),
                            .shift = static_cast<float>(standards[column].mean)});
  }
  const auto part = [&](const std::vector<std::size_t>& rows) {
    return std::make_shared<InMemoryDataset>("csv", gather(table, rows, inputs, standards),
                                             gather(table, rows, targets, standards), info);
  };
  return {.train = part(train), .test = test.empty() ? nullptr : part(test)};
}

}  // namespace credence
