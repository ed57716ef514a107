#include "credence/base/table.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <sstream>
#include <utility>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {
namespace {

struct Character {
  char32_t code;
  std::size_t bytes;
};

/// The first character of a text that is not empty; a byte that is not UTF-8 counts as one.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (bytes == 1 || lead < 0xC0 || bytes > text.size()) return {lead, 1};
  char32_t code = lead & (0xFF >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {lead, 1};
    code = code << 6 | (byte & 0x3F);
  }
  return {code, bytes};
}

using Range = std::pair<char32_t, char32_t>;

bool within(char32_t code, std::span<const Range> ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& r) { return r.first <= code && code <= r.second; });
}

/// After Unicode's East Asian Width (UAX 11), by blocks.
int width_of(char32_t code) {
  static constexpr std::array<Range, 5> joining{
      {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
  static constexpr std::array<Range, 8> wide{{{0x1100, 0x115F},
                                              {0x2E80, 0xA4CF},
                                              {0xAC00, 0xD7A3},
                                              {0xF900, 0xFAFF},
                                              {0xFE30, 0xFE6F},
                                              {0xFF00, 0xFF60},
                                              {0x1F300, 0x1FAFF},
                                              {0x20000, 0x3FFFD}}};
  return within(code, joining) ? 0 : within(code, wide) ? 2 : 1;
}

}  // namespace

int display_width(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    width += width_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string_view fit_width(std::string_view text, int columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    const Character character = first_character(text.substr(end));
    columns -= width_of(character.code);
    if (columns < 0) break;
    end += character.bytes;
  }
  return text.substr(0, end);
}

std::string wrap_words(std::string_view text, int columns, std::string_view indent) {
  std::istringstream words{std::string(text)};
  std::string lines, line;
  const auto end_line = [&] {
    if (!line.empty()) lines.append(indent).append(line).append("\n");
    line.clear();
  };
  for (std::string word; words >> word;) {
    if (display_width(indent) + display_width(line) + 1 + display_width(word) > columns) end_line();
    line += line.empty() ? word : " " + word;
  }
  end_line();
  return lines;
}

std::string hanging_paragraph(const std::string& mark, std::string_view text, int columns) {
  const std::string lines = wrap_words(text, columns, std::string(mark.size(), ' '));
  return mark + lines.substr(std::min(lines.size(), mark.size()));
}

std::string fit_items(const std::string& items, int columns) {
  if (display_width(items) <= columns) return items;
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < items.size();) {
    const std::size_t end = std::min(items.find("  ", begin), items.size());
    parts.push_back(items.substr(begin, end - begin));
    begin = std::min(items.find_first_not_of(' ', end), items.size());
  }
  std::string narrow = join(parts, " ");
  if (display_width(narrow) <= columns) return narrow;
  std::string lines = parts[0];
  int used = display_width(lines);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const int width = 2 + display_width(parts[i]);
    const bool fits = used + width <= columns;
    lines += (fits ? "  " : "\n  ") + parts[i];
    used = fits ? used + width : width;
  }
  return lines;
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  require<InternalError>(!columns_.empty(), "table: a table needs a column");
}

void Table::add_row(std::vector<std::string> cells) {
  require<InternalError>(cells.size() == columns_.size(), "table: expected ", columns_.size(),
                         " cells, got ", cells.size());
  rows_.push_back(std::move(cells));
}

void Table::add_rule() {
  rows_.emplace_back();
}

int Table::width_of(std::size_t column) const {
  int width = display_width(columns_[column].title);
  for (const auto& row : rows_)
    if (!row.empty()) width = std::max(width, display_width(row[column]));
  return width;
}

std::string Table::text(int columns) const {
  std::vector<int> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) widths.push_back(width_of(i));
  const int cells = std::accumulate(widths.begin(), widths.end(), 0);
  const int gaps = static_cast<int>(columns_.size()) - 1;
  const int gap = cells + 2 * gaps <= columns ? 2 : 1;
  const int across = std::min(cells + gap * gaps, columns);
  const std::string rule = std::string(static_cast<std::size_t>(across), '-') + "\n";

  const auto line = [&](const auto& cell) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string padding(static_cast<std::size_t>(widths[i] - display_width(cell(i))), ' ');
      if (i > 0) text.append(static_cast<std::size_t>(gap), ' ');
      text += columns_[i].align == Align::right ? padding + cell(i) : cell(i) + padding;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string text = line([&](std::size_t i) { return columns_[i].title; }) + rule;
  for (const auto& row : rows_)
    text += row.empty() ? rule : line([&](std::size_t i) { return row[i]; });
  return text;
}

}  // namespace credence
