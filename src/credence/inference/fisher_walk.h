#pragma once

#include "credence/inference/curvature.h"
#include "credence/inference/inference.h"

namespace credence {

/// Adds up a curvature over the training data, at the weights as they are, on all ranks; and
/// returns the log-likelihood of the targets there, in their own units, nats. Collective.
///
/// Each batch takes one backward pass for each column of the Fisher information's root, or, with
/// `samples`, so many, each from a sum over columns with random signs, drawn for each example:
/// right in the mean, with as many passes for a thousand classes as for ten.
///
/// Noise  Stream::signs, by example and sample.
double walk_fisher(Curvature& curvature, const Training& training, std::int64_t samples);

}  // namespace credence
