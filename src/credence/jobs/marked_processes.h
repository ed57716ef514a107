#pragma once

#include <string_view>
#include <vector>

#include <sys/types.h>

namespace credence {

/// The variable that tells a process, and all that it starts, by whom it was started.
inline constexpr const char* child_mark_variable = "CREDENCE_CHILD";

/// The processes of this host whose variable holds the mark: whatever groups and sessions they have
/// made, and whoever is their parent by now. Those of other users cannot be seen.
std::vector<pid_t> marked_processes(std::string_view mark);

/// 'R' running, 'S' or 'D' waiting, 'T' or 't' stopped, 'Z' ended; 0 if there is none.
char process_state(pid_t id);

}  // namespace credence
