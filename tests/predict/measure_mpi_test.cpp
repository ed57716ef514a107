#include "predict/random_part.h"
#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/predict/bootstrap.h"
#include "credence/predict/detection.h"
#include "credence/predict/reliability.h"

namespace credence::test {
namespace {

const std::vector<std::string> more{"adaptive_ece", "auroc", "classwise_ece"};

PredictedPart own_part(std::int64_t examples) {
  return random_part(examples, communicator().rank(), communicator().size());
}

TEST(Measure, IsTheSameOnAnyNumberOfRanks) {
  for (const std::int64_t examples : {3, 101}) {  // of three a rank of four has none
    const auto got =
        measure(make_metrics(Problem::classification, more), own_part(examples), communicator());
    const auto expected = measure(make_metrics(Problem::classification, more),
                                  random_part(examples), *self_communicator());
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].first, expected[i].first);
      if (got[i].first == "adaptive_ece" || got[i].first == "auroc")
        EXPECT_TRUE(got[i].second == expected[i].second ||
                    (std::isnan(got[i].second) && std::isnan(expected[i].second)))
            << got[i].first;
      else
        EXPECT_NEAR(got[i].second, expected[i].second, 1e-12) << got[i].first;
    }
  }
}

TEST(Bootstrap, IsTheSameOnAnyNumberOfRanks) {
  std::vector<std::string> names = more;
  names.push_back("accuracy");
  const BootstrapOptions options{.replicates = 130, .seed = 2};
  const auto got = bootstrap_intervals(names, own_part(103), options, communicator());
  const auto expected = bootstrap_intervals(names, random_part(103), options, *self_communicator());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_NEAR(got[i].lower, expected[i].lower, 1e-12) << names[i];
    EXPECT_NEAR(got[i].upper, expected[i].upper, 1e-12) << names[i];
  }
}

TEST(Reliability, IsTheSameOnAnyNumberOfRanks) {
  const auto got = reliability_bins(own_part(103), communicator());
  const auto expected = reliability_bins(random_part(103), *self_communicator());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(got[i].examples, expected[i].examples);
    EXPECT_EQ(got[i].correct, expected[i].correct);
    EXPECT_NEAR(got[i].confidence, expected[i].confidence, 1e-12);
  }
}

TEST(Uncertainties, AreTheSameInTheSameOrderOnAnyNumberOfRanks) {
  const auto got = gather_uncertainties(own_part(103).predictions, communicator());
  EXPECT_EQ(got, gather_uncertainties(random_part(103).predictions, *self_communicator()));
}

}  // namespace
}  // namespace credence::test
