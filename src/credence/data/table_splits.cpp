#include "credence/data/table_splits.h"

#include <cmath>

namespace credence {
namespace {

Units units_of(const TextTable& table, std::size_t column, const std::vector<std::size_t>& rows) {
  const auto cell = [&](std::size_t row) { return table.cells[row * table.columns + column]; };
  const auto n = static_cast<double>(rows.size());
  double mean = 0, variance = 0;
  for (const std::size_t row : rows) mean += cell(row) / n;
  for (const std::size_t row : rows) variance += (cell(row) - mean) * (cell(row) - mean) / n;
  // A constant's mean may be off by an ulp or two.
  const bool constant = std::sqrt(variance) <= 1e-12 * std::abs(mean);
  return {.scale = constant ? 1 : std::sqrt(variance), .shift = mean};
}

Tensor gather(const TextTable& table, const std::vector<std::size_t>& rows,
              const std::vector<std::size_t>& columns, const std::vector<Units>& units) {
  Tensor result({std::ssize(rows), std::ssize(columns)});
  float* to = result.data<float>();
  for (const std::size_t row : rows)
    for (const std::size_t column : columns)
      *to++ = static_cast<float>((table.cells[row * table.columns + column] - units[column].shift) /
                                 units[column].scale);
  return result;
}

}  // namespace

DataSplits split_table(const TextTable& table, const TableParts& parts) {
  std::vector<Units> units(table.columns);
  for (std::size_t column = 0; parts.standardise && column < table.columns; ++column)
    units[column] = units_of(table, column, parts.train);
  TargetInfo info;
  for (const std::size_t column : parts.targets) {
    info.labels.push_back(table.name(column));
    if (parts.standardise) info.units.push_back(units[column]);
  }
  std::vector<Units> src_units;
  std::vector<std::string> src_labels;
  for (const std::size_t column : parts.inputs) {
    if (parts.standardise) src_units.push_back(units[column]);
    if (!table.names.empty()) src_labels.push_back(table.names[column]);
  }
  const auto part = [&](const std::vector<std::size_t>& rows) {
    auto dataset =
        std::make_shared<InMemoryDataset>(parts.name, gather(table, rows, parts.inputs, units),
                                          gather(table, rows, parts.targets, units), info);
    dataset->set_src_units(src_units);
    dataset->set_src_labels(src_labels);
    return dataset;
  };
  return {.train = part(parts.train), .test = parts.test.empty() ? nullptr : part(parts.test)};
}

}  // namespace credence
