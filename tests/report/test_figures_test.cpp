#include <cmath>
#include <numeric>

#include "predict/networks.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/report/classification_figures.h"
#include "credence/report/regression_figures.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Classified {
  SmallProblem problem = small_problem("classes", 40, 16);
  Predictor predictor{*problem.model, *problem.loss, 3, {.samples = 8}};
  PredictedPart part = predictor.predict(*problem.dataset, *self_communicator());
  ClassificationFigures figures = classification_figures(part, *problem.dataset, 5);
};

TEST(ClassificationFigures, CountEveryExampleOnce) {
  const Classified made;
  std::int64_t all = 0, right = 0;
  for (std::size_t truth = 0; truth < 4; ++truth) {
    const auto& row = made.figures.confusion[truth];
    EXPECT_EQ(std::accumulate(row.begin(), row.end(), std::int64_t{0}), 10);
    all += 10;
    right += row[truth];
  }
  EXPECT_EQ(made.figures.examples, all);
  const auto values = measure(made.predictor.make_metrics(), made.part, *self_communicator());
  EXPECT_NEAR(static_cast<double>(right) / 40, values[0].second, 1e-12);
  EXPECT_THAT(made.figures.labels, ElementsAre("0", "1", "2", "3"));
}

TEST(ClassificationFigures, ShowTheMostUncertainAndTheMostWrong) {
  const Classified made;
  ASSERT_THAT(made.figures.most_uncertain, SizeIs(5));
  const auto entropies = made.part.predictions.predictive_entropy.span<float>();
  EXPECT_FLOAT_EQ(static_cast<float>(made.figures.most_uncertain[0].predictive_entropy),
                  *std::ranges::max_element(entropies));
  EXPECT_FALSE(made.figures.most_uncertain[0].image.empty());
  double last = 0;
  for (const ShownExample& example : made.figures.most_wrong) {
    EXPECT_NE(example.truth, example.predicted);
    EXPECT_EQ(example.truth, example.index % 4);
    EXPECT_GE(example.truth_probability, last);
    last = example.truth_probability;
  }
}

TEST(ClassificationFigures, ChooseWhatIsAskedForElseSomeOfEach) {
  const Classified made;
  const std::int64_t asked[] = {7, 3};
  const auto own = choose_examples(made.figures, made.part, asked, 6);
  ASSERT_THAT(own, SizeIs(2));
  EXPECT_EQ(own[0].index, 7);
  const auto chosen = choose_examples(made.figures, made.part, {}, 6);
  EXPECT_THAT(chosen, SizeIs(6));
  EXPECT_EQ(chosen[0].why, "least probable truth");
  EXPECT_EQ(chosen[0].index, made.figures.most_wrong[0].index);
  const std::int64_t none[] = {40};
  EXPECT_THROW(choose_examples(made.figures, made.part, none, 6), UsageError);
}

TEST(PredictiveDensities, AreOfTheDrawsThatPredictionsAverage) {
  Classified made;
  const std::vector<ChosenExample> chosen{{31, "asked for"}, {2, "asked for"}};
  const auto densities =
      predictive_densities(made.predictor, made.part, *made.problem.dataset, chosen, 3);
  ASSERT_THAT(densities, SizeIs(2));
  for (const PredictiveDensity& density : densities) {
    ASSERT_THAT(density.classes, SizeIs(3));
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_THAT(density.draws[i], SizeIs(8));
      const float mean =
          std::accumulate(density.draws[i].begin(), density.draws[i].end(), 0.0F) / 8;
      EXPECT_NEAR(mean,
                  made.part.predictions.mean.span<float>()[static_cast<std::size_t>(
                      4 * density.example.index + density.classes[i])],
                  1e-5);
      EXPECT_NE(density.draws[i][0], density.draws[i][1]);
    }
  }
}

PredictedPart regression_part(std::int64_t examples) {
  PredictedPart part{.end = examples};
  Predictions& p = part.predictions;
  for (Tensor* tensor : {&part.target, &p.mean, &p.sigma, &p.lower, &p.upper, &p.pit})
    *tensor = Tensor({examples, 2});
  for (std::int64_t i = 0; i < 2 * examples; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const float sigma = static_cast<float>(1 + i / 2 % 4);
    part.target.span<float>()[at] = static_cast<float>(i);
    p.sigma.span<float>()[at] = sigma;
    p.mean.span<float>()[at] = static_cast<float>(i) + (i / 2 % 8 < 4 ? sigma : -sigma);
    p.pit.span<float>()[at] = 0.5F;
  }
  return part;
}

TEST(RegressionFigures, GroupExamplesBySigma) {
  const RegressionFigures figures = regression_figures(
      regression_part(80), {.classes = 0, .labels = {"height", "width"}}, {.groups = 4});
  ASSERT_THAT(figures.targets, SizeIs(2));
  EXPECT_EQ(figures.targets[1].name, "width");
  ASSERT_THAT(figures.targets[1].groups, SizeIs(4));
  for (int i = 0; i < 4; ++i) {
    const SigmaGroup& group = figures.targets[1].groups[static_cast<std::size_t>(i)];
    EXPECT_DOUBLE_EQ(group.sigma, i + 1);
    EXPECT_DOUBLE_EQ(group.error, i + 1);
    EXPECT_EQ(group.examples, 20);
  }
  ASSERT_THAT(figures.coverage, SizeIs(19));
  EXPECT_EQ(figures.coverage[0].empirical, 1);
}

TEST(RegressionFigures, ShowSomeOfManyPoints) {
  const RegressionFigures figures =
      regression_figures(regression_part(1000), {}, {.points = 100, .targets = 1});
  ASSERT_THAT(figures.targets, SizeIs(1));
  EXPECT_THAT(figures.targets[0].truth, SizeIs(100));
  EXPECT_THAT(figures.targets[0].predicted, SizeIs(100));
  EXPECT_EQ(figures.targets[0].truth[0], 0);
  EXPECT_EQ(figures.targets[0].truth[99], 1980);
}

TEST(RegressionFigures, DoWithoutADensity) {
  PredictedPart part = regression_part(10);
  part.predictions = {.mean = part.predictions.mean};
  const RegressionFigures figures = regression_figures(part, {});
  EXPECT_TRUE(figures.coverage.empty());
  EXPECT_TRUE(figures.targets[0].sigma.empty());
  EXPECT_TRUE(figures.targets[0].groups.empty());
  EXPECT_EQ(figures.targets[0].name, "target 1");
}

}  // namespace
}  // namespace credence
