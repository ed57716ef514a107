#include "credence/records/summary.h"

#include "fuzz/fuzz.h"

using namespace credence;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file({data, size});
  file.is_accepted_by<DataError>([&] { read_summary(file.path()); });
  return 0;
}
