#pragma once

#include "credence/diagnostics/check_row.h"
#include "credence/diagnostics/subject.h"

namespace credence {

/// What the estimator of each layer with a posterior gives over the noise, for real inputs of the
/// layer, against draws of its weights that are made here: means and variances of elements of an
/// example's output, and, for an estimator that draws weights, of sums over all of an example's
/// output with random signs, which show whether its pixels share one draw. The figure is the
/// largest |z| of them all.
std::vector<CheckRow> check_estimators(const Subject& subject);

/// The part of a graph that `source`, one of its nodes or "input", is computed from, source its
/// output. Has no nodes if that is the input.
GraphSpec part_before(const GraphSpec& graph, const std::string& source);

}  // namespace credence
