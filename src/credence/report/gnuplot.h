#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace credence {

/// A plot as gnuplot is told it: data, then commands of which the last one is a plot.
struct GnuplotPlot {
  std::string name;                                         ///< of its files: "reliability"
  std::vector<std::pair<std::string, std::string>> blocks;  ///< $name and its lines of numbers
  std::vector<std::string> commands;
};

/// A program for gnuplot that writes <name>.svg and <name>.png into the folder it runs in.
std::string gnuplot_script(const GnuplotPlot& plot);

/// Text between quotes, as a command of gnuplot takes it; it is shown as it is.
std::string gnuplot_quoted(const std::string& text);

/// Text as one column of a block of data, which has no way to write some letters: they give way.
std::string gnuplot_column(const std::string& text);

/// Writes <name>.gp, <name>.svg and <name>.png of each plot into a folder, which is made, and takes
/// away those of earlier plots that are not among these.
///
/// Errors  DataError if there is no gnuplot, or it fails, saying what it said; CreateError, IoError
///         as of write_file.
void write_plots(const std::vector<GnuplotPlot>& plots, const std::filesystem::path& folder,
                 const std::string& program = "gnuplot");

}  // namespace credence
