#pragma once

#include <functional>
#include <string>

#include "credence/comm/communicator.h"

namespace credence {

/// Runs `body` on rank 0 alone while the others wait. If it throws an Error, every rank throws that
/// error: so all leave together, with one message. Collective.
void on_rank_zero(Communicator& communicator, const std::function<void()>& body);

/// What `find` gives on rank 0, on every rank: of files, which others might not see yet, or no
/// longer. A few hundred bytes. Errors as of on_rank_zero. Collective.
std::string text_of_rank_zero(Communicator& communicator, const std::function<std::string()>& find);

}  // namespace credence
