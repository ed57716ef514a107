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
#include "credence/data/table_splits.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

/// Relative to the current directory, as all paths.
void check_path(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const std::string full = fs::absolute(path, error).lexically_normal().string();
  require<DataError>(status.type() != fs::file_type::not_found,
                     "csv: data.path: there is no file \"", path, "\" (", full, ")");
  require<DataError>(!fs::is_directory(status), "csv: data.path: expected a file, got the folder ",
                     full);
}

/// ' ' stands for runs of blanks; nothing for what the table itself tells.
std::optional<char> delimiter_of(const CsvOptions& options) {
  if (options.delimiter == "auto") return std::nullopt;
  if (options.delimiter == "whitespace") return ' ';
  return options.delimiter == "tab" ? '\t' : options.delimiter[0];
}

TextTable read_table(const CsvOptions& options) {
  check_path(options.path);
  TextTable table =
      read_text_table(options.path, {.header = options.header, .delimiter = delimiter_of(options)});
  require<DataError>(!table.cells.empty(), options.path, ": a header and no rows");
  return table;
}

std::size_t find_column(const CsvOptions& options, const TextTable& table,
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

std::vector<std::size_t> find_targets(const CsvOptions& options, const TextTable& table) {
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

void check_options(const CsvOptions& options) {
  require<ConfigError>(!options.path.empty(), "csv: data.path: give the file to read");
  require<ConfigError>(options.test_fraction >= 0 && options.test_fraction < 1,
                       "csv: test_fraction: expected a share in [0, 1), got ",
                       options.test_fraction);
  const bool named = options.delimiter == "auto" || options.delimiter == "whitespace" ||
                     options.delimiter == "tab";
  require<ConfigError>(
      named || (options.delimiter.size() == 1 && options.delimiter != "\""),
      "csv: delimiter: expected one character, not a quote, or auto, whitespace or "
      "tab, got \"",
      options.delimiter, "\"");
}

}  // namespace

std::vector<std::filesystem::path> csv_files(const CsvOptions& options) {
  return {options.path};
}

DataSplits load_csv(const CsvOptions& options) {
  check_options(options);
  const TextTable table = read_table(options);
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

  return split_table(table, {.name = "csv",
                             .inputs = inputs,
                             .targets = targets,
                             .train = train,
                             .test = test,
                             .standardise = options.standardise});
}

}  // namespace credence
