#pragma once

#include <array>
#include <vector>

#include "credence/predict/predictor.h"

namespace credence {

/// Measures of a classifier's uncertainty, by which inputs unlike those of its training may be
/// told.
inline constexpr std::array<const char*, 3> uncertainty_names = {
    "mutual_information", "predictive_entropy", "one_minus_confidence"};

/// By measure, a figure for each example of a data set.
using Uncertainties = std::array<std::vector<double>, uncertainty_names.size()>;

/// Of the examples of all ranks, in their order, on all ranks: predictive entropy and mutual
/// information in nats, and 1 less the top class's probability. Collective.
/// Errors  ShapeError unless the predictions are a classifier's; NumericalError for a figure that
///         is not a number.
Uncertainties gather_uncertainties(const Predictions& predictions, Communicator& communicator);

/// Their means, by name.
std::vector<NamedValue> mean_uncertainties(const Uncertainties& uncertainties);

/// Area under the ROC curve of telling unfamiliar examples by each of them.
/// Source  Hendrycks and Gimpel 2017, arXiv:1610.02136.
std::vector<NamedValue> detection_auroc(const Uncertainties& familiar,
                                        const Uncertainties& unfamiliar);

}  // namespace credence
