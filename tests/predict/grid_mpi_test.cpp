#include <algorithm>
#include <cstring>

#include "predict/networks.h"
#include "support/mpi.h"
#include <gmock/gmock.h>

#include "credence/comm/gather.h"
#include "credence/predict/fit_calibration.h"
#include "credence/predict/temperature.h"

namespace credence {
namespace {

/// Every figure, over all rows, on every rank.
std::vector<NamedTensor> figures(const std::string& problem, std::int64_t examples,
                                 std::int64_t batch, const PredictOptions& options,
                                 Communicator& communicator,
                                 const Calibration* calibration = nullptr) {
  const SmallProblem made = small_problem(problem, examples, batch);
  Predictor predictor(*made.model, *made.loss, 9, options);
  predictor.set_calibration(calibration);
  const PredictedPart part = predictor.predict(*made.dataset, communicator);
  EXPECT_EQ(part.target.shape()[0], part.end - part.begin);
  const Predictions& p = part.predictions;
  const std::vector<NamedTensor> own{{"mean", p.mean},
                                     {"predictive_entropy", p.predictive_entropy},
                                     {"mutual_information", p.mutual_information},
                                     {"nll", p.nll},
                                     {"sigma", p.sigma},
                                     {"epistemic_sigma", p.epistemic_sigma},
                                     {"lower", p.lower},
                                     {"upper", p.upper},
                                     {"crps", p.crps},
                                     {"samples", p.samples},
                                     {"target", part.target}};
  std::vector<NamedTensor> all;
  for (const auto& [name, tensor] : own)
    if (!tensor.empty())
      all.push_back({name, gather_rows(tensor, part.begin, examples, communicator)});
  return all;
}

void expect_same_bits(const std::vector<NamedTensor>& got, const std::vector<NamedTensor>& expected,
                      const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].name, expected[i].name) << what;
    EXPECT_EQ(std::memcmp(got[i].tensor.raw(), expected[i].tensor.raw(), got[i].tensor.bytes()), 0)
        << what << ", " << got[i].name;
  }
}

class Grid : public ::testing::TestWithParam<const char*> {};

/// The reference runs in batches of another size too.
TEST_P(Grid, OfAnyShapePredictsTheSameBits) {
  const auto one = self_communicator();
  const std::string problem = GetParam();
  for (const std::int64_t examples : {3, 41})
    for (const double tolerance : {0.0, problem == "density" ? 0.14 : 0.04}) {
      if (tolerance > 0 && problem == "means") continue;
      PredictOptions options{.samples = 37, .tolerance = tolerance};
      if (problem == "density") options.metrics = {"crps"};
      const auto expected = figures(problem, examples, 64, options, *one);
      if (tolerance > 0 && examples == 41) {
        const NamedTensor& taken =
            *std::ranges::find(expected, std::string("samples"), &NamedTensor::name);
        const auto [least, most] = std::ranges::minmax(taken.tensor.span<float>());
        EXPECT_LT(least, most) << "examples must differ, or the test says little";
      }
      for (const std::int64_t groups : {0, 1, 2, 4}) {
        options.sample_groups = groups;
        expect_same_bits(
            figures(problem, examples, 7, options, test::communicator()), expected,
            concat(problem, ", ", examples, " examples, ", groups, " groups, ", tolerance));
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Problems, Grid, ::testing::Values("classes", "density", "means"),
                         [](const auto& test) { return std::string(test.param); });

TEST(RankGrid, SharesDrawsWhereThereAreMoreRanksThanBatches) {
  EXPECT_EQ(RankGrid::groups(1, 40, 30), 1);
  EXPECT_EQ(RankGrid::groups(4, 40, 30), 1);
  EXPECT_EQ(RankGrid::groups(4, 1, 30), 4);
  EXPECT_EQ(RankGrid::groups(4, 3, 30), 2);  // columns must be of one size
  EXPECT_EQ(RankGrid::groups(12, 4, 30), 3);
  EXPECT_EQ(RankGrid::groups(12, 1, 5), 4);  // no rank without a draw
  EXPECT_EQ(RankGrid::groups(4, 0, 1), 1);
}

TEST(RankGrid, PartsFollowEachOtherAsTheRanksDo) {
  Communicator& ranks = test::communicator();
  for (const int groups : {1, 2, 4}) {
    if (ranks.size() % groups != 0) continue;
    RankGrid grid(ranks, groups);
    for (const std::int64_t rows : {0, 1, 3, 50}) {
      const RowRange own = grid.own_rows(rows), column = grid.column_rows(rows);
      EXPECT_LE(column.begin, own.begin);
      EXPECT_LE(own.end, column.end);
      std::vector<double> ends(static_cast<std::size_t>(ranks.size()));
      auto end = static_cast<double>(own.end);
      ranks.start_all_gather(std::span(&end, 1), std::span(ends)).wait();
      const int rank = ranks.rank();
      EXPECT_EQ(static_cast<double>(own.begin),
                rank == 0 ? 0 : ends[static_cast<std::size_t>(rank - 1)]);
      EXPECT_EQ(ends.back(), static_cast<double>(rows));
    }
  }
}

TEST(FitCalibration, IsTheSameOnAnyNumberOfRanks) {
  const auto one = self_communicator();
  for (const char* problem : {"classes", "density", "means"}) {
    const CalibrationOptions options{.calibration = problem == std::string("classes")
                                                        ? CalibrationMethod::temperature
                                                        : CalibrationMethod::conformal};
    const auto fit = [&](Communicator& communicator) {
      const SmallProblem made = small_problem(problem, 41, 7);
      Predictor predictor(*made.model, *made.loss, 9, {.samples = 12});
      return fit_calibration(options, predictor, made.dataset.get(), communicator);
    };
    const FittedCalibration alone = fit(*one), shared = fit(test::communicator());
    EXPECT_EQ(shared.text, alone.text);
    expect_same_bits(shared.calibration->state(), alone.calibration->state(), problem);
    expect_same_bits(figures(problem, 23, 7, {}, test::communicator(), shared.calibration.get()),
                     figures(problem, 23, 7, {}, *one, alone.calibration.get()), problem);
  }
}

}  // namespace
}  // namespace credence
