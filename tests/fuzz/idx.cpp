#include "credence/data/idx.h"

#include "fuzz/fuzz.h"

using namespace credence;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file({data, size});
  for (const int rank : {1, 3})
    file.is_accepted_by<DataError>([&] { read_idx(file.path(), rank); });
  return 0;
}
