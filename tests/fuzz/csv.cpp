#include "credence/data/csv.h"

#include <cmath>

#include "fuzz/fuzz.h"

using namespace credence;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file({data, size});
  for (const TableHeader header : {TableHeader::detect, TableHeader::yes, TableHeader::no})
    file.is_accepted_by<DataError>([&] {
      const TextTable table = read_text_table(file.path(), {.header = header});
      if (table.columns == 0 || table.cells.size() != table.rows() * table.columns)
        fuzz::fail("a table that is not full");
      for (const double cell : table.cells)
        if (!std::isfinite(cell)) fuzz::fail("a cell that is not finite");
    });
  file.is_accepted_by<DataError, ConfigError>([&] {
    const DataSplits splits = load_csv({.path = file.path().string()});
    if (!splits.train || splits.train->size() < 1) fuzz::fail("no row to train on");
  });
  return 0;
}
