#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "credence/checkpoint/safetensors_header.h"

namespace credence {

// The SHA-256 digests that guard a safetensors file, 64 lower-case hexadecimal digits each. They
// are in its metadata, where other readers pass over them:
//
//   "credence.sha256.<tensor>"   of the tensor's bytes in the file
//   "credence.sha256"            of the header's text, blanks at its end too, these digits left out
//
// With the rules of the format (no holes, nothing behind the last tensor) they cover every byte.

/// Of the tensors, by name.
using Checksums = std::map<std::string, std::string>;

/// The header's text with the digests: of tensors as they are given, and its own. InternalError if
/// the metadata have such keys already.
std::string text_with_checksums(SafetensorsHeader header, const Checksums& of_tensors);

/// DataError if the text of a header has a digest of itself, and another one.
void check_header(std::string_view text);

/// Takes the digests out of the metadata of a header, of which `text` is checked; nothing if there
/// are none. DataError for anything between none and those of each tensor and of the header.
std::optional<Checksums> take_checksums(SafetensorsHeader& header, std::string_view text);

}  // namespace credence
