#pragma once

#include <cstdint>

namespace credence::cpu {

/// Multiplies and adds float32 numbers on the calling thread, `rounds` times, all held in registers
/// and enough of them to keep every arithmetic unit of a core busy. Returns the floating-point
/// operations that this took; a fused multiply-add is two.
double multiply_add_in_registers(std::int64_t rounds);

}  // namespace credence::cpu
