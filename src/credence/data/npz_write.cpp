#include <memory>
#include <set>
#include <string>
#include <utility>

#include <zip.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/data/npy.h"
#include "credence/data/npz.h"

namespace credence {
namespace {

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct Free {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};

/// An archive that is built in memory.
class Archive {
 public:
  explicit Archive(std::string where) : where_(std::move(where)) {
    zip_error_t error;
    zip_error_init(&error);
    source_.reset(zip_source_buffer_create(nullptr, 0, 0, &error));
    if (source_) archive_.reset(zip_open_from_source(source_.get(), ZIP_TRUNCATE, &error));
    check(archive_ != nullptr, zip_error_strerror(&error));
    zip_source_keep(source_.get());  // for us, besides the archive's own hold on it
    zip_error_fini(&error);
  }

  /// `header` and `array` must live until bytes().
  void add(const std::string& name, const std::string& header, const Tensor& array, bool compress) {
    const zip_buffer_fragment_t parts[] = {fragment(header.data(), header.size()),
                                           fragment(array.raw(), array.bytes())};
    zip_source_t* entry = zip_source_buffer_fragment(archive_.get(), parts, 2, 0);
    check(entry != nullptr, zip_strerror(archive_.get()));
    const zip_int64_t index = zip_file_add(archive_.get(), name.c_str(), entry, ZIP_FL_ENC_UTF_8);
    if (index < 0) zip_source_free(entry);
    check(index >= 0, zip_strerror(archive_.get()));
    const auto place = static_cast<zip_uint64_t>(index);
    constexpr zip_uint16_t first_of_january_1980 = 1 << 5 | 1;
    const bool set =
        zip_file_set_dostime(archive_.get(), place, 0, first_of_january_1980, 0) == 0 &&
        zip_set_file_compression(archive_.get(), place, compress ? ZIP_CM_DEFLATE : ZIP_CM_STORE,
                                 0) == 0;
    check(set, zip_strerror(archive_.get()));
  }

  std::string bytes() {
    if (zip_close(archive_.get()) != 0) fail(zip_strerror(archive_.get()));
    static_cast<void>(archive_.release());  // closing has freed it
    zip_stat_t status;
    check(zip_source_stat(source_.get(), &status) == 0 && zip_source_open(source_.get()) == 0,
          "it was lost");
    std::string bytes(status.size, '\0');
    const zip_int64_t got = zip_source_read(source_.get(), bytes.data(), bytes.size());
    zip_source_close(source_.get());
    check(got == static_cast<zip_int64_t>(bytes.size()), "it was cut short");
    return bytes;
  }

 private:
  static zip_buffer_fragment_t fragment(const void* data, std::size_t size) {
    return {static_cast<zip_uint8_t*>(const_cast<void*>(data)), size};
  }
  void check(bool condition, const char* reason) const {
    if (!condition) fail(reason);
  }
  [[noreturn]] void fail(const char* reason) const {
    throw IoError(concat(where_, ": cannot pack the arrays: ", reason));
  }

  std::string where_;
  std::unique_ptr<zip_source_t, Free> source_;
  std::unique_ptr<zip_t, Discard> archive_;
};

}  // namespace

std::string npz_bytes(const std::string& where, const std::vector<NamedTensor>& arrays,
                      const NpzOptions& options) {
  std::set<std::string> names;
  std::vector<std::string> headers;
  for (const NamedTensor& entry : arrays) {
    require<UsageError>(!entry.name.empty() && names.insert(entry.name).second, where,
                        ": arrays need names that differ, got \"", entry.name, "\"",
                        entry.name.empty() ? "" : " twice");
    headers.push_back(npy_header(entry.tensor));
  }
  if (arrays.empty()) return std::string("PK\5\6") + std::string(18, '\0');
  Archive archive(where);
  for (std::size_t i = 0; i < arrays.size(); ++i)
    archive.add(arrays[i].name + ".npy", headers[i], arrays[i].tensor, options.compress);
  return archive.bytes();
}

void write_npz(const std::filesystem::path& path, const std::vector<NamedTensor>& arrays,
               const NpzOptions& options) {
  write_file(path, npz_bytes(path.string(), arrays, options));
}

}  // namespace credence
