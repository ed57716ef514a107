#include "credence/data/uci.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/data/table_splits.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

constexpr const char* data_file = "data.txt";
constexpr const char* splits_file = "n_splits.txt";
constexpr const char* features_file = "index_features.txt";
constexpr const char* target_file = "index_target.txt";

fs::path full_path(const fs::path& path) {
  std::error_code error;
  return fs::absolute(path, error).lexically_normal();
}

/// Of the rows of the split's part "train" or "test".
fs::path rows_file(const UciOptions& options, const char* part) {
  return fs::path(options.path) / concat("index_", part, "_", options.split, ".txt");
}

TextTable read_table(const fs::path& file) {
  std::error_code error;
  require<DataError>(fs::exists(file, error), "uci: there is no file ", full_path(file).string());
  return read_text_table(file, {.header = TableHeader::no, .delimiter = ' '});
}

/// Whole numbers in [0, end), one a line. `what` they count, for messages.
std::vector<std::size_t> read_indices(const fs::path& file, const char* what, std::size_t end) {
  const TextTable table = read_table(file);
  require<DataError>(table.columns == 1, file.string(), ": expected one ", what, " a line, got ",
                     table.columns);
  std::vector<std::size_t> indices;
  for (const double cell : table.cells) {
    const bool is_index = cell >= 0 && cell < static_cast<double>(end) && cell == std::floor(cell);
    require<DataError>(is_index, file.string(), ":", indices.size() + 1, ": expected a ", what,
                       " of ", data_file, ", from 0 to ", end - 1, ", got ", cell);
    indices.push_back(static_cast<std::size_t>(cell));
  }
  return indices;
}

/// DataError if an index of `first` is also in `second`.
void require_apart(const std::vector<std::size_t>& first, const fs::path& first_file,
                   const std::vector<std::size_t>& second, const fs::path& second_file,
                   const char* what) {
  for (std::size_t line = 0; line < second.size(); ++line)
    require<DataError>(std::ranges::count(first, second[line]) == 0, second_file.string(), ":",
                       line + 1, ": ", what, " ", second[line], " is in ",
                       first_file.filename().string(), " too");
}

void check_folder(const std::string& path) {
  require<ConfigError>(!path.empty(), "uci: data.path: give the folder of the set");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  require<DataError>(status.type() != fs::file_type::not_found,
                     "uci: data.path: there is no folder \"", path, "\" (",
                     full_path(path).string(), ")");
  require<DataError>(fs::is_directory(status), "uci: data.path: expected a folder, got ",
                     full_path(path).string());
}

}  // namespace

std::int64_t uci_splits(const fs::path& folder) {
  const fs::path file = folder / splits_file;
  const TextTable table = read_table(file);
  const double splits = table.cells[0];
  require<DataError>(
      table.cells.size() == 1 && splits >= 1 && splits < 1e9 && splits == std::floor(splits),
      file.string(), ": expected one whole number of at least 1, got ",
      table.cells.size() == 1 ? concat(splits) : concat(table.cells.size(), " numbers"));
  return static_cast<std::int64_t>(splits);
}

bool is_uci_folder(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / data_file, error) && fs::exists(folder / splits_file, error);
}

std::vector<fs::path> uci_files(const UciOptions& options) {
  const fs::path folder(options.path);
  std::vector<fs::path> files{folder / data_file, folder / splits_file, folder / features_file,
                              folder / target_file};
  for (const char* part : {"train", "test"}) files.push_back(rows_file(options, part));
  return files;
}

DataSplits load_uci(const UciOptions& options) {
  check_folder(options.path);
  const fs::path folder(options.path);
  const std::int64_t splits = uci_splits(folder);
  require<ConfigError>(options.split >= 0 && options.split < splits,
                       "uci: data.split: expected 0 to ", splits - 1, ", as n_splits.txt of ",
                       full_path(folder).string(), " says, got ", options.split);
  const TextTable table = read_table(folder / data_file);
  const auto part = [&](const char* name) { return rows_file(options, name); };
  const fs::path features = folder / features_file, target = folder / target_file;
  TableParts parts{.name = "uci",
                   .inputs = read_indices(features, "column", table.columns),
                   .targets = read_indices(target, "column", table.columns),
                   .train = read_indices(part("train"), "row", table.rows()),
                   .test = read_indices(part("test"), "row", table.rows()),
                   .standardise = options.standardise};
  require_apart(parts.inputs, features, parts.targets, target, "column");
  require_apart(parts.train, part("train"), parts.test, part("test"), "row");
  return split_table(table, parts);
}

}  // namespace credence
