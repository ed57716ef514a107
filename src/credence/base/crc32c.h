#pragma once

#include <cstdint>
#include <string_view>

namespace credence {

/// CRC-32C, the Castagnoli polynomial, of bytes.
///
/// Source  RFC 3720, appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace credence
