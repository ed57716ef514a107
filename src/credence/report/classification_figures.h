#pragma once

#include <span>
#include <string>
#include <vector>

#include "credence/predict/reliability.h"
#include "credence/report/example_image.h"

namespace credence {

/// A test example, and what was predicted of it.
struct ShownExample {
  std::int64_t index = 0;  ///< in the test set, from 0
  ExampleImage image;
  std::int64_t truth = 0, predicted = 0;  ///< classes
  double probability = 0;                 ///< of the predicted class
  double truth_probability = 0;           ///< of the true one
  double predictive_entropy = 0;          ///< nats
  double mutual_information = 0;          ///< nats
};

/// What each draw of the weights predicts of an example.
struct PredictiveDensity {
  ShownExample example;
  std::string why;                        ///< it is shown: "most uncertain"
  std::vector<std::int64_t> classes;      ///< that are shown
  std::vector<std::vector<float>> draws;  ///< probabilities, by shown class and draw
};

struct ClassificationFigures {
  std::int64_t examples = 0;
  std::vector<std::string> labels;                   ///< of all classes
  std::vector<std::vector<std::int64_t>> confusion;  ///< by true and predicted class
  std::vector<ReliabilityBin> reliability;
  std::vector<ShownExample> most_uncertain;  ///< by predictive entropy
  std::vector<ShownExample> most_wrong;      ///< of those predicted wrongly, by the true class's
                                             ///< probability
  std::vector<PredictiveDensity> densities;
};

/// Of the predictions of a whole test set, rows in its order: all but the densities. At most
/// `shown` examples of a kind.
ClassificationFigures classification_figures(const PredictedPart& whole, const Dataset& test,
                                             std::size_t shown = 12);

/// Examples whose densities are shown: those asked for, else `count` that are wrong, uncertain and
/// certain, in turn. UsageError for an example that there is not.
struct ChosenExample {
  std::int64_t index;
  std::string why;
};
std::vector<ChosenExample> choose_examples(const ClassificationFigures& figures,
                                           const PredictedPart& whole,
                                           std::span<const std::int64_t> asked, std::size_t count);

/// The densities of these, by draws of the predictor's weights: the same as those of its
/// predictions of the whole set, before calibration. `most_classes` of the largest mean are shown.
/// For one rank.
std::vector<PredictiveDensity> predictive_densities(Predictor& predictor,
                                                    const PredictedPart& whole, const Dataset& test,
                                                    std::span<const ChosenExample> chosen,
                                                    std::size_t most_classes = 10);

}  // namespace credence
