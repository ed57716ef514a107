#include "credence/jobs/rank_watch.h"

#include "support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/base/files.h"
#include "credence/comm/topology.h"

namespace credence {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

const std::string here = this_place(1).host;

/// Two ranks, each with its process (10 and 11) if they are of this host.
class RankWatchTest : public ::testing::Test {
 protected:
  void beat(int rank, HeartbeatRecord record) {
    record.rank = rank;
    record.process = 10 + rank;
    record.beat = ++beats_;
    folder_.write(heartbeat_file("", rank).string(), text_of(record));
  }

  const std::optional<LostRank>& look(double second) {
    return watch_.look(RankWatch::Clock::time_point(std::chrono::hours(1)) +
                       std::chrono::duration_cast<RankWatch::Clock::duration>(
                           std::chrono::duration<double>(second)));
  }

  /// Looks twice a second, after what happens each time.
  template <class Event>
  void pass(double from_s, double to_s, Event&& event) {
    for (double second = from_s; second < to_s; second += 0.5) {
      event();
      look(second);
    }
  }

  TemporaryFolder folder_;
  std::int64_t beats_ = 0;
  char state_ = 'S';  // of the process 11
  RankWatch watch_{{.folder = folder_.path(),
                    .ranks = 2,
                    .silence_s = 5,
                    .stopped_s = 3,
                    .begin_s = 60,
                    .no_step_s = 100,
                    .state = [this](std::int64_t id) { return id == 11 ? state_ : 'S'; }}};
};

TEST_F(RankWatchTest, NamesTheRankThatHasDied) {
  beat(0, {.host = here, .step = 5, .operation = "MPI_Iallreduce", .waits = true});
  beat(1, {.host = here, .step = 4, .operation = "backward"});
  EXPECT_FALSE(look(0));
  state_ = 'Z';
  ASSERT_TRUE(look(0.1));
  EXPECT_EQ(watch_.lost()->rank, 1);
  EXPECT_TRUE(watch_.lost()->has_died);
  EXPECT_EQ(watch_.place_of(1), "last seen at step 4, in backward");
  EXPECT_EQ(watch_.others_text(1), "rank 0 on " + here + " step 5, waiting in MPI_Iallreduce");
}

TEST_F(RankWatchTest, TakesAnEndInGoodOrderForNone) {
  beat(0, {.host = here});
  beat(1, {.host = here});
  EXPECT_FALSE(look(0));
  beat(1, {.host = here, .has_ended = true});
  state_ = '\0';
  EXPECT_FALSE(look(0.1));
}

TEST_F(RankWatchTest, GivesAStoppedRankThreeSeconds) {
  beat(0, {.host = here});
  beat(1, {.host = here});
  look(0);
  state_ = 'T';
  pass(0.5, 2.6, [] {});
  EXPECT_FALSE(watch_.lost());
  state_ = 'S';
  look(3);
  state_ = 'T';
  pass(3.5, 5.6, [] {});
  EXPECT_FALSE(watch_.lost());
  ASSERT_TRUE(look(6.1));
  EXPECT_EQ(watch_.lost()->rank, 1);
  EXPECT_THAT(watch_.lost()->what, HasSubstr("stopped"));
}

TEST_F(RankWatchTest, MissesTheHeartbeatOfAnotherHost) {
  beat(1, {.host = "elsewhere"});
  pass(0, 4.9, [this] { beat(0, {.host = "there"}); });
  EXPECT_FALSE(watch_.lost());
  pass(5, 6, [this] { beat(0, {.host = "there"}); });
  ASSERT_TRUE(watch_.lost());
  EXPECT_EQ(watch_.lost()->rank, 1);
  EXPECT_FALSE(watch_.lost()->has_died);
}

TEST_F(RankWatchTest, IsPatientWhereNobodyIsHeard) {
  beat(0, {.host = "there"});
  beat(1, {.host = "elsewhere"});
  pass(0, 50, [] {});
  EXPECT_FALSE(watch_.lost());
  pass(50, 70, [] {});
  EXPECT_TRUE(watch_.lost());
}

TEST_F(RankWatchTest, BlamesNobodyForItsOwnSleep) {
  beat(0, {.host = "there"});
  beat(1, {.host = "elsewhere"});
  look(0);
  EXPECT_FALSE(look(1000));
}

TEST_F(RankWatchTest, WaitsForRanksToBegin) {
  pass(0, 59, [this] { beat(0, {.host = here}); });
  EXPECT_FALSE(watch_.lost());
  pass(59, 61, [this] { beat(0, {.host = here}); });
  ASSERT_TRUE(watch_.lost());
  EXPECT_EQ(watch_.name_of(1) + " " + watch_.lost()->what, "rank 1 has not begun within 60 s");
}

TEST_F(RankWatchTest, TellsOnceOfALongStep) {
  const auto both = [this](std::int64_t step) {
    return [this, step] {
      beat(0, {.host = here, .step = step, .operation = "forward"});
      beat(1, {.host = here, .step = step, .operation = "MPI_Bcast", .waits = true});
    };
  };
  pass(0, 90, both(3));
  EXPECT_FALSE(watch_.take_delay());
  pass(90, 110, both(3));
  EXPECT_THAT(watch_.take_delay().value_or(""), HasSubstr("no rank has begun a step for 100 s"));
  EXPECT_FALSE(watch_.take_delay());
  EXPECT_FALSE(watch_.lost());
}

TEST_F(RankWatchTest, PassesOverARecordThatIsNotWhole) {
  beat(0, {.host = here});
  beat(1, {.host = here, .step = 2});
  look(0);
  folder_.write("rank-1", "{\"rank\":1,\"ho");
  EXPECT_FALSE(look(0.5));
  EXPECT_EQ(watch_.step_of(1), 2);
}

TEST(HeartbeatFolder, IsMadeWholeAndGoesAway) {
  const TemporaryFolder folder;
  {
    HeartbeatFolder beats(folder.path(), 3);
    EXPECT_EQ(std::filesystem::file_size(heartbeat_file(beats.path(), 2)), heartbeat_bytes);
    beats.send_signal(15);
    beats.send_signal(10);
    EXPECT_EQ(read_file(heartbeat_signal_file(beats.path())), "15\n10\n");
  }
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace credence
