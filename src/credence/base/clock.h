#pragma once

namespace credence {

/// Seconds since the beginning of 1970, by the system's clock.
double wall_seconds();

}  // namespace credence
