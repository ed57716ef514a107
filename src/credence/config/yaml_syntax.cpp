#include "credence/config/yaml_syntax.h"

#include <string_view>

#include "credence/base/errors.h"

namespace credence {
namespace {

struct Advice {
  std::string_view complaint;  ///< how yaml-cpp's begins (its exceptions.h)
  std::string_view expected;
};

constexpr std::string_view use_spaces = "expected spaces to indent with, got a tab";
constexpr std::string_view one_key_a_line =
    "expected one \"key: value\" a line, the keys of a section indented alike; a value that holds "
    "\": \" goes into quotes";

constexpr Advice advice[] = {
    {"illegal map value", one_key_a_line},
    {"illegal map key", one_key_a_line},
    {"end of map not found",
     "expected the next key, indented as those before it in its section, with nothing behind a "
     "closing quote or bracket"},
    {"end of sequence not found", "expected the next \"- item\", indented as those before it"},
    {"illegal block entry", "expected the \"- item\" of a list on a line of its own"},
    {"end of map flow not found", "expected a \",\" or the \"}\" that closes a \"{\""},
    {"end of sequence flow not found", "expected a \",\" or the \"]\" that closes a \"[\""},
    {"illegal flow end", "expected a bracket that was opened before it is closed"},
    {"illegal EOF in scalar", "expected a closing quote before the end"},
    {"illegal document indicator in scalar", "expected a closing quote before the end"},
    {"unknown escape character",
     "expected an escape such as \\n between double quotes; in single quotes a \\ is nothing "
     "special"},
    {"illegal tab", use_spaces},
    {"unknown token",
     "expected a value, got a character that none begins with; text that does goes into quotes"},
    {"the referenced anchor is not defined",
     "expected an anchor \"&name\" above; text that begins with \"*\" goes into quotes"},
    {"alias not found after *", "expected a name; text that begins with \"*\" goes into quotes"},
    {"anchor not found after &", "expected a name; text that begins with \"&\" goes into quotes"},
};

bool is_indented_by_a_tab(std::string_view text, int line) {
  for (; line > 0 && text.find('\n') != std::string_view::npos; --line)
    text.remove_prefix(text.find('\n') + 1);
  const std::string_view indent = text.substr(0, text.find_first_not_of(" \t"));
  return line == 0 && indent.find('\t') != std::string_view::npos;
}

}  // namespace

std::string syntax_advice(const std::string& complaint, const std::string& text, int line) {
  if (is_indented_by_a_tab(text, line)) return std::string(use_spaces);
  for (const auto& [begin, expected] : advice)
    if (complaint.starts_with(begin)) return std::string(expected);
  return concat("expected YAML: ", complaint);
}

}  // namespace credence
