#pragma once

namespace credence::simulated {

/// The mean of the largest of `count` independent standard normals:
///
///   integral of x n phi(x) Phi(x)^(n - 1) dx
double expected_maximum(int count);

}  // namespace credence::simulated
