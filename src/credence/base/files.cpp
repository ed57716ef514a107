#include "credence/base/files.h"

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

constexpr std::size_t block_bytes = 1 << 16;  // most files are small, and pages of it cost time

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// Calls body(bytes) with the file's blocks in order.
template <class Body>
void for_each_block(const std::filesystem::path& path, Body&& body) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  require<IoError>(file.is_open(), path.string(), ": cannot open: ", reason(errno));
  std::vector<char> block(block_bytes);
  ssize_t got = 0;
  int error = 0;
  do {
    got = ::read(file.get(), block.data(), block.size());
    if (got > 0) body(std::string_view(block.data(), static_cast<std::size_t>(got)));
    if (got < 0) error = errno;
  } while (got > 0 || (got < 0 && error == EINTR));
  require<IoError>(got == 0, path.string(), ": cannot read: ", reason(error));
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// A rename is only on the disk once its directory is. File systems that cannot sync a directory
/// say EINVAL.
int sync_directory(const std::filesystem::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) return 0;  // a directory may be writable and not readable
  const int error = ::fsync(opened.get()) == 0 ? 0 : errno;
  return error == EINVAL ? 0 : error;
}

/// Devices, FIFOs and sockets: what a rename would delete and put a regular file in place of.
bool is_special(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

/// What the path stands for, past symbolic links; it need not exist.
std::filesystem::path follow_links(const std::filesystem::path& path) {
  constexpr int most_links = 40;  // as many as Linux follows
  std::filesystem::path target = path;
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(target, error); ++links) {
    require<CreateError>(links < most_links, path.string(), ": cannot create: ", reason(ELOOP));
    const auto next = std::filesystem::read_symlink(target, error);
    require<CreateError>(!error, path.string(), ": cannot create: ", error.message());
    target = directory_of(target) / next;  // next alone if it is absolute
  }
  return target;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::string bytes;
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  if (!unknown) bytes.reserve(size);
  for_each_block(path, [&](std::string_view block) { bytes += block; });
  return bytes;
}

std::string read_file_if_any(const std::filesystem::path& path) {
  try {
    return read_file(path);
  } catch (const IoError&) {
    return {};
  }
}

std::string sha256_of_file(const std::filesystem::path& path) {
  Sha256 digest;
  for_each_block(path, [&](std::string_view block) { digest.update(block); });
  return digest.hex();
}

void make_directories(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  require<CreateError>(!error, path.string(), ": cannot create the directory: ", error.message());
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  if (is_special(path_)) {
    descriptor_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
    if (!descriptor_.is_open()) fail("open", errno);
    return;
  }
  target_ = follow_links(path_);
  open_temporary();
}

void AtomicFile::open_temporary() {
  const std::string stem = "." + target_.filename().string() + ".tmp-" + std::to_string(::getpid());
  // O_EXCL, and a number, because another host may share the directory and have our process id.
  for (int number = 0; !descriptor_.is_open(); ++number) {
    temporary_ = directory_of(target_) / (stem + "-" + std::to_string(number));
    descriptor_ =
        Descriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!descriptor_.is_open() && (errno != EEXIST || number > 1000)) fail("create", errno);
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  require<InternalError>(descriptor_.is_open(), path_.string(), ": written to after its commit");
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) fail("write", errno);
    if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  require<InternalError>(descriptor_.is_open(), path_.string(), ": committed twice");
  if (::fsync(descriptor_.get()) != 0 && errno != EINVAL) fail("write", errno);
  // Network file systems report a full disk no sooner than here.
  if (!descriptor_.close()) fail("write", errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("create", errno);
  temporary_.clear();
  if (const int error = sync_directory(directory_of(target_))) fail("write", error);
}

void AtomicFile::fail(std::string_view verb, int error) const {
  const std::string message = concat(path_.string(), ": cannot ", verb, ": ", reason(error));
  const bool disk = error == ENOSPC || error == EDQUOT || error == EIO;
  if (verb == "create" && !disk) throw CreateError(message);
  throw IoError(message);
}

void require_creatable(const std::filesystem::path& path) {
  std::error_code error;
  require<CreateError>(!std::filesystem::is_directory(path, error), path.string(),
                       ": cannot create: is a directory");
  if (is_special(path)) {  // opening and closing a FIFO would end what its reader reads
    const bool writable = ::access(path.c_str(), W_OK) == 0;
    require<IoError>(writable, path.string(), ": cannot open: ", reason(errno));
    return;
  }
  const AtomicFile probe(path);
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  write_file(path, std::as_bytes(std::span(bytes)));
}

}  // namespace credence
