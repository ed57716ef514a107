#pragma once

#include "credence/diagnostics/check_row.h"
#include "credence/diagnostics/subject.h"

namespace credence {

/// The KL of each posterior, as its prior gives it to training, against a Monte Carlo estimate of
/// E_q[log q(w) - log p(w)] from draws of all its weights. The figure is |z|: their difference in
/// standard errors. A KL that is itself drawn is averaged over steps, whose error counts too.
std::vector<CheckRow> check_kl(const Subject& subject);

}  // namespace credence
