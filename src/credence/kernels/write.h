#pragma once

namespace credence {

/// Whether a kernel replaces what its destination holds, or adds to it.
enum class Write { overwrite, add };

}  // namespace credence
