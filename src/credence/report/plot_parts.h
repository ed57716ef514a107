#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace credence {

/// A number as gnuplot reads it; NaN for one that is missing.
std::string plot_number(double value);
/// A line of a block of data.
std::string plot_line(std::initializer_list<double> values);
/// A name with but letters, digits, '.', '-' and '_'.
std::string plot_name(std::string name);
std::string axis_labels(const std::string& x, const std::string& y);
/// The clauses of one plot command.
std::string plot_command(const std::vector<std::string>& clauses);

}  // namespace credence
