#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "credence/base/enum_names.h"
#include "credence/base/text.h"

namespace credence {

/// Whether the first line holds names: `detect` says so if it has words and no number in it.
enum class TableHeader { detect, yes, no };
inline EnumNames<TableHeader> enum_names(TableHeader) {
  static constexpr EnumName<TableHeader> names[] = {
      {TableHeader::detect, "auto"}, {TableHeader::yes, "yes"}, {TableHeader::no, "no"}};
  return names;
}

struct TextTableOptions {
  TableHeader header = TableHeader::detect;
  /// ' ' is any run of blanks and tabs. By default the first of comma, semicolon, tab and blanks
  /// that the first line has in it.
  std::optional<char> delimiter;
};

/// A text file of numbers.
struct TextTable {
  std::vector<std::string> names;  ///< of the header; empty without one
  std::size_t columns = 0;
  std::vector<double> cells;  ///< row by row

  std::size_t rows() const { return cells.size() / columns; }
  std::string name(std::size_t column) const {
    return names.empty() ? concat("column ", column + 1) : names[column];
  }
};

/// Cells may be quoted; blanks around them, a byte order mark, CRLF and empty lines at the end are
/// ignored.
///
/// Errors  DataError, naming file, line and column, for a cell that is empty, no number or not
///         finite in float32, a row of another length, and an empty file. IoError if it cannot be
///         read.
TextTable read_text_table(const std::filesystem::path& path, const TextTableOptions& options);

}  // namespace credence
