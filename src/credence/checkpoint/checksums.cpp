#include "credence/checkpoint/checksums.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/base/sha256.h"

namespace credence {
namespace {

constexpr std::string_view header_key = "credence.sha256", tensor_prefix = "credence.sha256.";
constexpr std::string_view before_digits = "\"credence.sha256\":\"";  // in JSON without blanks
constexpr std::size_t digits = 64;

/// Where the header's digest of itself begins in its text; npos if there is none. Within a JSON
/// string its quotes would be escaped, so nothing else looks like it.
std::size_t find_digits(std::string_view text) {
  const std::size_t found = text.find(before_digits);
  return found == std::string_view::npos ? found : found + before_digits.size();
}

std::string digest_around(std::string_view text, std::size_t begin) {
  Sha256 digest;
  digest.update(text.substr(0, begin));
  digest.update(text.substr(std::min(begin + digits, text.size())));
  return digest.hex();
}

}  // namespace

std::string text_with_checksums(SafetensorsHeader header, const Checksums& of_tensors) {
  const auto add = [&](const std::string& key, const std::string& digest) {
    require<InternalError>(header.metadata.emplace(key, digest).second,
                           "safetensors: metadata key \"", key, "\" is of the checksums");
  };
  add(std::string(header_key), std::string(digits, '0'));
  for (const auto& [tensor, digest] : of_tensors) add(std::string(tensor_prefix) + tensor, digest);
  std::string text = header.text();
  const std::size_t begin = find_digits(text);
  text.replace(begin, digits, digest_around(text, begin));
  return text;
}

void check_header(std::string_view text) {
  const std::size_t begin = find_digits(text);
  if (begin == std::string_view::npos) return;
  const std::string_view expected = text.substr(begin, digits);
  const std::string got = digest_around(text, begin);
  require<DataError>(expected == got, "header, from byte 8: damaged, or changed by another program",
                     ": expected SHA-256 ", expected, ", got ", got);
}

std::optional<Checksums> take_checksums(SafetensorsHeader& header, std::string_view text) {
  Checksums taken;
  std::erase_if(header.metadata, [&](const auto& entry) {
    const bool is_digest = entry.first == header_key || entry.first.starts_with(tensor_prefix);
    if (is_digest) taken.insert(entry);
    return is_digest;
  });
  if (taken.empty()) return std::nullopt;
  require<DataError>(taken.erase(std::string(header_key)) == 1 && find_digits(text) < text.size(),
                     "header: expected metadata \"", header_key, "\", found none");
  Checksums checksums;
  for (const SafetensorsEntry& entry : header.entries) {
    const auto digest = taken.extract(std::string(tensor_prefix) + entry.name);
    require<DataError>(!digest.empty(), "tensor \"", entry.name, "\": expected metadata \"",
                       tensor_prefix, entry.name, "\", found none");
    checksums[entry.name] = digest.mapped();
  }
  require<DataError>(taken.empty(), "header: metadata \"",
                     taken.empty() ? "" : taken.begin()->first, "\" is of no tensor");
  return checksums;
}

}  // namespace credence
