#include "credence/cli/help_formatter.h"

#include "credence/base/table.h"

namespace credence::cli {

HelpFormatter::HelpFormatter() {
  column_width(30);
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  std::ostringstream text;
  CLI::detail::format_help(text, command->get_display_name(true),
                           wrapped(command->get_description()), get_column_width());
  return text.str();
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return wrapped(CLI::Formatter::make_option_desc(option));
}

std::string HelpFormatter::wrapped(const std::string& text) const {
  std::string lines = wrap_words(text, usual_columns - static_cast<int>(get_column_width()));
  if (!lines.empty()) lines.pop_back();
  return lines;
}

}  // namespace credence::cli
