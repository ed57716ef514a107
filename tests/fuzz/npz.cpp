#include "credence/data/npz.h"

#include <optional>

#include "fuzz/fuzz.h"

using namespace credence;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file({data, size});
  std::optional<NpzFile> archive;
  if (!file.is_accepted_by<DataError>([&] { archive.emplace(file.path()); })) return 0;
  for (const std::string& name : archive->names())
    file.is_accepted_by<DataError>([&] { archive->read(name); });
  return 0;
}
