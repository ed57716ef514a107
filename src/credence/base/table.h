#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace credence {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
};

/// Columns the text takes on a terminal: its UTF-8 characters, two for a wide one, none for an
/// accent that joins the letter before it.
int display_width(std::string_view text);

/// The longest beginning of the text that takes at most that many columns, whole characters.
std::string_view fit_width(std::string_view text, int columns);

/// The words of a text in lines of at most that many columns, each behind `indent`; a word that is
/// longer gets a line of its own.
std::string wrap_words(std::string_view text, int columns, std::string_view indent = "");

/// The words of a text in lines of at most that many columns, the first behind `mark`, the others
/// behind as many blanks.
std::string hanging_paragraph(const std::string& mark, std::string_view text, int columns);

/// The columns that tables are made for.
inline constexpr int usual_columns = 80;

/// "epoch 1/5  loss 0.2  accuracy 0.9": items with two blanks between them, in so many columns. One
/// blank if that is what it takes; else in several lines, those after the first indented.
std::string fit_items(const std::string& items, int columns);

/// A table of text, its columns aligned.
///
///   Layer    Output        Parameters
///   ---------------------------------
///   conv1    [28, 28, 8]          208
///   ---------------------------------
///   total                         208
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// InternalError unless there is one cell per column.
  void add_row(std::vector<std::string> cells);
  /// A line across, after the rows added so far.
  void add_rule();

  std::size_t rows() const { return rows_.size(); }
  /// Lines that each end with a newline and have no blanks at the end. Between columns are two
  /// blanks, or one if the table would be wider than `columns`.
  std::string text(int columns = std::numeric_limits<int>::max()) const;

 private:
  int width_of(std::size_t column) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // a row without cells is a rule
};

}  // namespace credence
