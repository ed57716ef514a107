#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "credence/base/descriptor.h"
#include "credence/base/errors.h"

namespace credence::fuzz {

using Input = std::span<const std::uint8_t>;

/// Ends the fuzzer with this input as a finding.
[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "finding: %s\n", what.c_str());
  std::abort();
}

inline std::string_view text_of(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

/// Whether a reader takes what it is given. It may throw the expected errors, which have to name
/// `where`; any other, one of a defect or of memory too, is a finding.
template <class... Expected, class Action>
bool accepts(std::string_view where, Action&& action) {
  try {
    action();
    return true;
  } catch (const Error& error) {
    if (!(... || (dynamic_cast<const Expected*>(&error) != nullptr))) throw;
    if (std::string_view(error.what()).find(where) == std::string_view::npos)
      fail(concat("an error that does not name ", where, ": ", error.what()));
    return false;
  }
}

/// An input as a file, in memory alone.
class InputFile {
 public:
  explicit InputFile(Input input) : descriptor_(::memfd_create("input", MFD_CLOEXEC)) {
    path_ = "/proc/self/fd/" + std::to_string(descriptor_.get());
    if (::write(descriptor_.get(), input.data(), input.size()) != std::ssize(input))
      fail("cannot write the input to a file");
  }

  const std::filesystem::path& path() const { return path_; }

  /// Whether a reader of the file takes it; what it throws names the file.
  template <class... Expected, class Action>
  bool is_accepted_by(Action&& action) const {
    return accepts<Expected...>(path_.native(), action);
  }

 private:
  Descriptor descriptor_;
  std::filesystem::path path_;
};

}  // namespace credence::fuzz

/// What libFuzzer calls with each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
