// The files of a folder, one behind the other with a zero byte between them.

#include "credence/data/uci.h"

#include <algorithm>

#include "fuzz/fuzz.h"

using namespace credence;

namespace {

namespace fs = std::filesystem;

/// A folder in memory, if the system has such a place, for as long as the fuzzer runs.
class Folder {
 public:
  Folder() {
    std::error_code error;
    const fs::path root = fs::is_directory("/dev/shm", error) ? "/dev/shm" : "/tmp";
    std::string name = (root / "credence-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fuzz::fail("cannot make a folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }

  void write(const char* file, std::string_view text) const {
    std::FILE* const out = std::fopen((path_ / file).c_str(), "wb");
    if (!out || std::fwrite(text.data(), 1, text.size(), out) != text.size())
      fuzz::fail("cannot write an input");
    std::fclose(out);
  }

 private:
  fs::path path_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  std::string_view rest = fuzz::text_of({data, size});
  for (const char* file : {"data.txt", "index_features.txt", "index_target.txt", "n_splits.txt",
                           "index_train_0.txt", "index_test_0.txt"}) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    folder.write(file, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  fuzz::accepts<DataError, ConfigError>(folder.path().native(), [&] {
    const DataSplits splits = load_uci({.path = folder.path().string()});
    if (!splits.train || splits.train->size() < 1) fuzz::fail("no row to train on");
  });
  return 0;
}
