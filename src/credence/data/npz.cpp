#include "credence/data/npz.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>

#include <zip.h>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/data/npy.h"

namespace credence {
namespace {

constexpr std::string_view suffix = ".npy";

struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

std::string reason_of(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

bool begins_as_zip(const std::filesystem::path& path) {
  std::array<char, 2> bytes{};
  std::ifstream(path, std::ios::binary).read(bytes.data(), bytes.size());
  return bytes[0] == 'P' && bytes[1] == 'K';
}

/// One array's bytes as they come out of the archive.
class Entry {
 public:
  Entry(zip_t* archive, const std::string& name, std::uint64_t file_bytes, std::string where)
      : where_(std::move(where)) {
    zip_stat_t status;
    const auto index = zip_name_locate(archive, (name + std::string(suffix)).c_str(), 0);
    entry_.reset(index < 0 ? nullptr
                           : zip_fopen_index(archive, static_cast<zip_uint64_t>(index), 0));
    require<DataError>(
        entry_ && zip_stat_index(archive, static_cast<zip_uint64_t>(index), 0, &status) == 0,
        where_, ": cannot open: ", zip_strerror(archive));
    constexpr zip_uint64_t known = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    require<DataError>((status.valid & known) == known, where_, ": its sizes are unknown");
    const bool stored = status.comp_method == ZIP_CM_STORE;
    require<DataError>(stored || status.comp_method == ZIP_CM_DEFLATE, where_,
                       ": expected stored or deflated data, got zip method ", status.comp_method);
    size_ = status.size;
    constexpr zip_uint64_t greatest_ratio = 1032;  // of deflate, zlib.net/zlib_tech.html
    const bool possible =
        stored ? size_ == status.comp_size : size_ / greatest_ratio <= status.comp_size;
    require<DataError>(possible && status.comp_size <= file_bytes, where_,
                       ": its zip header announces ", size_, " bytes, which ", status.comp_size,
                       " packed bytes cannot hold");
  }

  std::uint64_t size() const { return size_; }

  /// The next bytes, fewer only at the end.
  std::size_t read(std::span<std::byte> dst) {
    std::size_t got = 0;
    while (got < dst.size()) {
      const zip_int64_t count = zip_fread(entry_.get(), dst.data() + got, dst.size() - got);
      require<DataError>(count >= 0, where_, ": damaged: ", zip_file_strerror(entry_.get()));
      if (count == 0) break;
      got += static_cast<std::size_t>(count);
    }
    return got;
  }

 private:
  std::string where_;
  std::unique_ptr<zip_file_t, CloseEntry> entry_;
  std::uint64_t size_ = 0;
};

/// Reads the beginning of the entry, which holds the header, and returns with it what was read.
std::pair<NpyHeader, std::string> read_header(Entry& entry, const std::string& where) {
  std::string head(std::min<std::uint64_t>(entry.size(), max_npy_header_bytes), '\0');
  head.resize(entry.read(std::as_writable_bytes(std::span(head))));
  const NpyHeader header = parse_npy_header(head, where);
  const auto bytes = static_cast<std::uint64_t>(header.shape.size()) * bytes_of(header.type);
  require<DataError>(header.header_bytes + bytes == entry.size(), where, ": its .npy header, ",
                     header.shape, ", announces ", bytes, " bytes of elements, got ",
                     entry.size() - header.header_bytes);
  return {header, std::move(head)};
}

/// All elements, as they are in the file.
void read_elements(Entry& entry, std::string_view first, std::span<std::byte> dst,
                   const std::string& where) {
  std::ranges::copy(std::as_bytes(std::span(first)), dst.begin());
  const std::size_t got = first.size() + entry.read(dst.subspan(first.size()));
  require<DataError>(got == dst.size(), where, ": cut short: expected ", dst.size(),
                     " bytes of elements, got ", got);
  std::array<std::byte, 1> more{};  // reading on to the end makes libzip check the CRC
  require<DataError>(entry.read(more) == 0, where, ": too long");
}

}  // namespace

void NpzFile::Close::operator()(zip* archive) const {
  zip_discard(archive);
}

NpzFile::NpzFile(std::filesystem::path path) : path_(std::move(path)) {
  int code = 0;
  archive_.reset(zip_open(path_.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (!archive_) {
    const int error = errno;
    // The table of contents is the end of the file.
    constexpr int truncated = 35;  // ZIP_ER_TRUNCATED_ZIP, of libzip since 1.11
    const bool cut_short = code == truncated || (code == ZIP_ER_NOZIP && begins_as_zip(path_));
    const std::string message = concat(
        path_.string(), ": cannot read as .npz: ", cut_short ? "cut short: " : "", reason_of(code));
    std::error_code ignored;  // libzip says that of some damaged files too
    const bool missing = code == ZIP_ER_NOENT && !std::filesystem::exists(path_, ignored);
    if (missing || code == ZIP_ER_OPEN || code == ZIP_ER_READ)
      throw IoError(message + ": " + std::generic_category().message(error));
    throw DataError(message);
  }
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive_.get(), 0); ++i) {
    const char* raw = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0);
    const std::string_view name = raw ? raw : "";
    if (!name.ends_with(suffix)) continue;
    names_.emplace_back(name.substr(0, name.size() - suffix.size()));
  }
}

bool NpzFile::contains(const std::string& name) const {
  return std::ranges::find(names_, name) != names_.end();
}

Tensor NpzFile::read(const std::string& name) const {
  const std::string where = concat(path_.string(), ": array \"", name, "\"");
  require<DataError>(contains(name), where, ": not in the file, which holds ",
                     names_.empty() ? "no arrays" : join(names_));
  Entry entry(archive_.get(), name, std::filesystem::file_size(path_), where);
  const auto [header, head] = read_header(entry, where);
  const auto first = std::string_view(head).substr(header.header_bytes);

  return npy_tensor(
      header, [&](std::span<std::byte> dst) { read_elements(entry, first, dst, where); }, where);
}

}  // namespace credence
