#include <cstring>

#include "predict/networks.h"
#include <gmock/gmock.h>

#include "credence/bayes/stored_samples.h"
#include "credence/predict/predictions_file.h"

namespace credence {
namespace {

/// Rows [first, first + count) of the problem's data, by themselves.
std::shared_ptr<const Dataset> rows(const SmallProblem& made, std::int64_t first,
                                    std::int64_t count) {
  Tensor src(made.dataset->src_shape().prepend(count));
  Tensor target(made.dataset->target_shape().prepend(count));
  std::vector<std::int64_t> indices;
  for (std::int64_t i = first; i < first + count; ++i) indices.push_back(i);
  made.dataset->read(indices, 0, src, target);
  return std::make_shared<InMemoryDataset>("rows", src, target, made.dataset->target_info());
}

/// One row, fewer and more than a batch, and enough for kernels to pack weights.
std::vector<std::shared_ptr<const Dataset>> several(const SmallProblem& made) {
  return {rows(made, 0, 1), rows(made, 1, 7), rows(made, 8, 33), rows(made, 5, 1)};
}

void expect_same(const Predictions& got, const Predictions& alone, std::int64_t classes) {
  const std::vector<NamedTensor> a = named_arrays(got, classes), b = named_arrays(alone, classes);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    ASSERT_EQ(a[i].tensor.shape(), b[i].tensor.shape());
    EXPECT_EQ(std::memcmp(a[i].tensor.raw(), b[i].tensor.raw(), a[i].tensor.bytes()), 0)
        << a[i].name;
  }
}

struct Case {
  std::string problem;
  double tolerance;
};

class PredictEach : public ::testing::TestWithParam<Case> {};

/// Masks of dropout are drawn by the row of the data set, and kernels round by the batch: neither
/// may change with what else is predicted.
TEST_P(PredictEach, GivesEachDataSetWhatItGivesItAlone) {
  const auto& [problem, tolerance] = GetParam();
  const SmallProblem made = small_problem(problem, 41, 16);
  Predictor predictor(*made.model, *made.loss, 9, {.samples = 23, .tolerance = tolerance});
  const auto datasets = several(made);
  const std::vector<Predictions> got = predictor.predict_each(datasets);
  ASSERT_EQ(got.size(), datasets.size());
  const auto alone = self_communicator();
  const std::int64_t classes = made.dataset->target_info().classes;
  for (std::size_t i = 0; i < datasets.size(); ++i)
    expect_same(got[i], predictor.predict(*datasets[i], *alone).predictions, classes);
}

INSTANTIATE_TEST_SUITE_P(Problems, PredictEach,
                         ::testing::Values(Case{"classes", 0}, Case{"classes", 0.03},
                                           Case{"density", 0}, Case{"density", 0.1},
                                           Case{"means", 0}),
                         [](const auto& test) {
                           return test.param.problem + (test.param.tolerance > 0 ? "_stops" : "");
                         });

TEST(PredictEach, WithSamplesOfWeightsTheModelHasItsOwnAgain) {
  const SmallProblem made = small_problem("classes", 41, 16);
  const SavedValues own(made.model->parameters());
  StoredSamples samples;
  for (std::uint64_t seed = 10; seed < 15; ++seed) {
    made.model->initialize(seed);
    samples.add(made.model->parameters());
  }
  own.restore();
  Predictor predictor(*made.model, *made.loss, 9, {.samples = 3}, &samples);
  const auto datasets = several(made);
  const std::vector<Predictions> got = predictor.predict_each(datasets);
  const auto alone = self_communicator();
  for (std::size_t i = 0; i < datasets.size(); ++i)
    expect_same(got[i], predictor.predict(*datasets[i], *alone).predictions, 4);
  const auto* const first = made.model->parameters()[0];
  const Tensor before = first->value.clone();
  own.restore();
  EXPECT_EQ(std::memcmp(before.raw(), first->value.raw(), before.bytes()), 0);
}

}  // namespace
}  // namespace credence
