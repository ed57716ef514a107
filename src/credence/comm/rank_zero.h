#pragma once

#include <functional>

#include "credence/comm/communicator.h"

namespace credence {

/// Runs `body` on rank 0 alone while the others wait. If it throws an Error, every rank throws that
/// error: so all leave together, with one message. Collective.
void on_rank_zero(Communicator& communicator, const std::function<void()>& body);

}  // namespace credence
