#include "credence/records/parameter_histograms.h"

#include "support/variational.h"
#include <gmock/gmock.h>

#include "credence/bayes/flipout.h"
#include "credence/layers/dense.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ParameterHistograms, AreOfMuAndSigmaOrOfWeights) {
  GraphSpec graph{.name = "m", .input = {5000}};
  graph.add("dense1", dense({.units = 2})).add("dense2", dense({.units = 3}));
  make_variational(graph, {.layers = {"dense1"}}, variational<Flipout>(0.25));
  const Model model(graph, {});
  const std::vector<ParameterHistogram> histograms = parameter_histograms(model, 4);
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& [layer, quantity, histogram] : histograms) names.emplace_back(layer, quantity);
  EXPECT_THAT(names, ElementsAre(Pair("dense1.weight", "mu"), Pair("dense1.weight", "sigma"),
                                 Pair("dense1.bias", "weight"), Pair("dense2.weight", "weight"),
                                 Pair("dense2.bias", "weight")));
  EXPECT_EQ(histograms[0].histogram.count(), 10'000);
  EXPECT_EQ(histograms[1].histogram.count(), 10'000);
  EXPECT_NEAR(histograms[1].histogram.sum / 10'000, 0.25, 1e-6);
  EXPECT_EQ(histograms[3].histogram.count(), 6);
  EXPECT_EQ(histograms[4].histogram.counts.size(), 3U);  // few elements, few bins
}

}  // namespace
}  // namespace credence
