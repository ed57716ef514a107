#pragma once

#include <cstdint>
#include <string_view>

namespace credence {

/// CRC-32C, the Castagnoli polynomial, of bytes.
///
/// Source  RFC 3720, appendix B.4; by eight bytes at once as Kounavis and Berry, A systematic
/// approach to building high performance software-based CRC generators, 2005.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace credence
