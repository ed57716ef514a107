#include "credence/report/plot_parts.h"

#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "credence/base/text.h"
#include "credence/report/gnuplot.h"

namespace credence {

std::string plot_number(double value) {
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : "NaN";
}

std::string plot_line(std::initializer_list<double> values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : " ") + plot_number(value);
  return text + "\n";
}

std::string plot_name(std::string name) {
  for (char& letter : name)
    if (!std::isalnum(static_cast<unsigned char>(letter)) && letter != '.' && letter != '_')
      letter = '-';
  return name;
}

std::string axis_labels(const std::string& x, const std::string& y) {
  return "set xlabel " + gnuplot_quoted(x) + "; set ylabel " + gnuplot_quoted(y);
}

std::string plot_command(const std::vector<std::string>& clauses) {
  return "plot " + join(clauses, ", \\\n     ");
}

}  // namespace credence
