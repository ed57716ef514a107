// Loaded before the C library (LD_PRELOAD), makes the disk slow or failing below one folder:
//
//   FAULTY_DISK_FOLDER   part of the paths that are on it
//   FAULTY_DISK_SWITCH   a file: all is well until there is one
//   FAULTY_DISK_WAIT_MS  how long each write and sync takes
//   FAULTY_DISK_ERROR    errno that they fail with (EDQUOT is 122, EIO is 5),
//   FAULTY_DISK_AFTER    once so many of them have been done
//
// A write moves half of its bytes, as it may, so that there are more places to fail at.

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <unistd.h>

namespace {

long number_of(const char* name, long otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::strtol(text, nullptr, 10) : otherwise;
}

bool is_on_the_disk(int descriptor) {
  const char* const folder = std::getenv("FAULTY_DISK_FOLDER");
  if (!folder) return false;
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof(path));
  return length > 0 && std::string_view(path, static_cast<std::size_t>(length)).find(folder) !=
                           std::string_view::npos;
}

/// Waits, and says whether the call fails.
bool fails() {
  const char* const on = std::getenv("FAULTY_DISK_SWITCH");
  if (!on || ::access(on, F_OK) != 0) return false;
  static std::atomic<long> calls{0};
  ::usleep(static_cast<useconds_t>(1000 * number_of("FAULTY_DISK_WAIT_MS", 0)));
  const long error = number_of("FAULTY_DISK_ERROR", 0);
  if (error == 0 || calls++ < number_of("FAULTY_DISK_AFTER", 0)) return false;
  errno = static_cast<int>(error);
  return true;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" ssize_t write(int descriptor, const void* bytes, size_t count) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  if (!is_on_the_disk(descriptor)) return real(descriptor, bytes, count);
  return fails() ? -1 : real(descriptor, bytes, (count + 1) / 2);
}

extern "C" int fsync(int descriptor) {
  static const auto real = next<int(int)>("fsync");
  return is_on_the_disk(descriptor) && fails() ? -1 : real(descriptor);
}
