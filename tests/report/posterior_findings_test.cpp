#include "credence/report/posterior_findings.h"

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<PosteriorSummary> posterior(double collapsed, double stuck) {
  return {{.name = "conv1.weight",
           .weights = 100,
           .initial_sigma = 0.05,
           .collapsed = collapsed,
           .stuck = stuck}};
}

const LossShares balanced{.nll = 0.5, .kl = 0.1, .examples = 100};

auto says(const char* text) {
  return ElementsAre(Field(&Finding::what, HasSubstr(text)));
}

TEST(PosteriorFindings, AreNoneWhereAllIsWell) {
  EXPECT_THAT(check_posteriors(posterior(0.4, 0.8), balanced), IsEmpty());
  EXPECT_THAT(check_posteriors({}, {.nll = 0.1, .kl = 0}), IsEmpty());
}

TEST(PosteriorFindings, NameThePosteriorThatCollapsed) {
  EXPECT_THAT(check_posteriors(posterior(0.75, 0.1), balanced),
              says("conv1.weight: 75% of the weights have collapsed"));
}

TEST(PosteriorFindings, NameThePosteriorWhoseSigmaIsStuck) {
  const auto findings = check_posteriors(posterior(0, 0.95), balanced);
  EXPECT_THAT(findings, says("conv1.weight: sigma is stuck"));
  EXPECT_THAT(findings[0].why, HasSubstr("initial_sigma, 0.05"));
}

TEST(PosteriorFindings, TellThatTheKlOutweighsTheData) {
  EXPECT_THAT(check_posteriors(posterior(0, 0), {.nll = 0.5, .kl = 1.5}),
              says("The KL makes 75% of the loss"));
  EXPECT_THAT(check_posteriors(posterior(0, 0), {.nll = -2, .kl = 1.5}), IsEmpty());
}

}  // namespace
}  // namespace credence
