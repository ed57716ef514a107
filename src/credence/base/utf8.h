#pragma once

#include <cstddef>
#include <string_view>

namespace credence {

/// Where `bytes` stops being text: the offset of the first byte that is not UTF-8, or that begins
/// what is no character, or a control character other than tab, line feed and carriage return;
/// bytes.size() if all is text.
std::size_t text_prefix(std::string_view bytes);

}  // namespace credence
