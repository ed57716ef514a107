#include "support/mpi.h"
#include <gtest/gtest.h>

#include "credence/comm/agreement.h"

namespace credence::test {
namespace {

TEST(Agreement, IsThatOfTheSameTexts) {
  for (const std::string text : {"", "a", "a\nb\n"})
    EXPECT_EQ(difference_between_ranks(communicator(), text), "");
  EXPECT_NO_THROW(require_same_on_all_ranks<ConfigError>(communicator(), "recipe", "seed: 1"));
}

TEST(Agreement, TellsTheFirstOtherLineOfTheFirstOtherRank) {
  if (communicator().size() == 1) GTEST_SKIP() << "one rank agrees with itself";
  const bool differs = communicator().rank() > 0;
  const std::string recipe =
      concat("model: a\n  seed: ", communicator().rank(), "\nepochs: ", differs ? 2 : 1, '\n');
  EXPECT_EQ(difference_between_ranks(communicator(), recipe),
            "rank 1 has \"seed: 1\", rank 0 has \"seed: 0\"");
  EXPECT_EQ(difference_between_ranks(communicator(), differs ? "a\nb" : "a"),
            "rank 1 has \"b\", rank 0 has nothing");
  EXPECT_EQ(difference_between_ranks(communicator(), differs ? "" : "a"),
            "rank 1 has nothing, rank 0 has \"a\"");
  EXPECT_EQ(difference_between_ranks(communicator(), differs ? "  a" : "a"),
            "rank 1 has \"a\", rank 0 has \"a\"");  // under another key
  EXPECT_EQ(difference_between_ranks(communicator(), differs ? "a\n" : "a"),
            "rank 1 has nothing, rank 0 has nothing");
  EXPECT_THROW(require_same_on_all_ranks<ConfigError>(communicator(), "recipe", recipe),
               ConfigError);
}

}  // namespace
}  // namespace credence::test
