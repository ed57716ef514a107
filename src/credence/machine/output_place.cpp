#include "credence/machine/output_place.h"

#include <sstream>
#include <system_error>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

/// "\040" is a blank (proc(5)).
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string code = text[i] == '\\' ? text.substr(i + 1, 3) : "";
    const bool octal = code.size() == 3 && code.find_first_not_of("01234567") == std::string::npos;
    plain += octal ? static_cast<char>(std::stoi(code, nullptr, 8)) : text[i];
    if (octal) i += 3;
  }
  return plain;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

std::string file_system_of(const fs::path& path, const std::string& mountinfo) {
  std::string best, type;
  std::istringstream lines(mountinfo);
  // "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": mounted at the fifth word, of
  // the type behind the dash. Of mounts at the same place the last one counts.
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, place;
    for (int i = 0; i < 5; ++i) words >> place;
    while (words >> word && word != "-") continue;
    place = unescaped(place);
    if (words >> word && place.size() >= best.size() && is_below(path, place)) {
      best = place;
      type = word;
    }
  }
  return type;
}

OutputPlace try_output(const fs::path& folder) {
  OutputPlace place;
  std::error_code error;
  place.path = fs::absolute(folder, error).lexically_normal();
  if (!place.path.has_filename()) place.path = place.path.parent_path();  // "runs/"
  fs::path existing = place.path;
  while (!fs::exists(existing, error) && existing.has_relative_path())
    existing = existing.parent_path();
  if (fs::is_directory(existing, error)) {
    try {
      require_creatable(existing / "credence-doctor-probe");
    } catch (const Error& failure) {
      const std::string message = failure.what();  // "path: cannot create: reason"
      place.problem = existing.string() + message.substr(message.rfind(": "));
    }
  } else {
    place.problem = existing.string() + ": not a directory";
  }
  const fs::path real = fs::canonical(existing, error);
  place.file_system =
      file_system_of(error ? existing : real, read_file_if_any("/proc/self/mountinfo"));
  const fs::space_info space = fs::space(existing, error);
  if (!error) place.free_bytes = static_cast<std::int64_t>(space.available);
  return place;
}

}  // namespace credence
