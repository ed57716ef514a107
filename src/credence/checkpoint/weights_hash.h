#pragma once

#include <span>
#include <string>

#include "credence/tensor/parameter.h"

namespace credence {

/// SHA-256 of a model's weights, 64 hexadecimal digits: equal exactly if the weights are equal, bit
/// for bit. The digest is of, for each parameter in the order of names compared byte by byte,
///
///   length of the name, name, rank, each extent, elements
///
/// with numbers as 8 bytes and everything little-endian, elements in row-major order. Gradients and
/// optimizer state do not count.
/// Errors  InternalError if two parameters have one name.
std::string weights_sha256(std::span<Parameter* const> parameters);
std::string weights_sha256(std::span<const NamedTensor> weights);

}  // namespace credence
