#pragma once

#include <CLI/CLI.hpp>

namespace credence::cli {

/// CLI11's help, its right column wrapped so that a terminal of 80 columns shows it.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_option_desc(const CLI::Option* option) const override;

 private:
  std::string wrapped(const std::string& text) const;
};

}  // namespace credence::cli
