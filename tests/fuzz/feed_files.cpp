// In the place of libFuzzer: gives a fuzzer's function each file of the folder once.

#include <algorithm>
#include <vector>

#include "fuzz/fuzz.h"

#include "credence/base/files.h"

int main(int count, char** arguments) {
  if (count != 2) credence::fuzz::fail("expected a folder of inputs");
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1]))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  if (files.empty()) credence::fuzz::fail("a folder without inputs");
  for (const auto& file : files) {
    const std::string text = credence::read_file(file);
    std::fprintf(stderr, "%s\n", file.filename().c_str());
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());  // whose end sanitizers know
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu inputs\n", files.size());
}
