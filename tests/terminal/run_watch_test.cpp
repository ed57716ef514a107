#include "credence/terminal/run_watch.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include "support/temporary_folder.h"
#include <gmock/gmock.h>

#include "credence/records/append_file.h"
#include "credence/records/summary.h"

namespace credence {
namespace {

using credence::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* header =
    R"({"event":"header","model":"cnn","dataset":"digits","parameters":1000,"ranks":1,)"
    R"("global_batch_size":10,"epochs":3,"steps_per_epoch":100})";

std::string step_line(int step, double loss) {
  std::ostringstream line;
  line << R"({"event":"step","epoch":)" << (step - 1) / 100 + 1 << R"(,"step":)" << step
       << R"(,"loss":)" << loss << R"(,"samples_per_sec":50.0})";
  return line.str();
}

std::string epoch_line(int epoch) {
  std::ostringstream line;
  line << R"({"event":"epoch","epoch":)" << epoch << R"(,"step":)" << 100 * epoch
       << R"(,"loss":0.5,"val_accuracy":0.75,"samples_per_sec":50.0})";
  return line.str();
}

class RunWatchTest : public ::testing::Test {
 protected:
  RunWatchTest() { folder_.write("config.yaml", ""); }

  void add(const std::string& line) const {
    std::ofstream(folder_ / "metrics.jsonl", std::ios::app) << line << '\n';
  }
  void complete() const {
    add(R"({"event":"end","epochs":3,"steps":300,"train_seconds":65.0})");
    Summary summary;
    summary.epochs = 3;
    summary.steps = 300;
    summary.test = {{"accuracy", 0.875}};
    write_summary(folder_ / "summary.json", summary);
  }
  void watch(bool terminal) {
    watch_.emplace(
        RunDirectory::open(folder_.path()), out_,
        RunWatchOptions{.screen = {.terminal = terminal, .columns = [this] { return columns_; }},
                        .clock_s = [this] { return now_s_; }});
  }
  /// What the next update writes.
  std::string shown() {
    out_.str("");
    ended_ = watch_->update();
    return out_.str();
  }

  TemporaryFolder folder_;
  std::ostringstream out_;
  int columns_ = 80;
  double now_s_ =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  bool ended_ = false;
  std::optional<RunWatch> watch_;
};

TEST_F(RunWatchTest, WritesLinesWhereThereIsNoTerminal) {
  watch(false);
  EXPECT_EQ(shown(), "");
  add(header);
  add(step_line(50, 0.75));
  EXPECT_EQ(shown(),
            "cnn on digits, 1 rank, 1,000 parameters, batch 10\n"
            "epoch 1/3  50/100  loss 0.75  50 samples/s  ETA 0:50\n");
  add(step_line(60, 0.7));
  EXPECT_EQ(shown(), "");
  now_s_ += 11;
  EXPECT_THAT(shown(), StartsWith("epoch 1/3  60/100  loss 0.7"));
  now_s_ += 11;
  EXPECT_EQ(shown(), "");  // nothing has come
  add(epoch_line(1));
  EXPECT_EQ(shown(), "epoch 1/3  loss 0.5  val_accuracy 0.75  50 samples/s\n");
  EXPECT_FALSE(ended_);
  complete();
  EXPECT_EQ(shown(),
            "trained in 1:05\ntest  accuracy 0.875\nended  3 epochs  300 steps  0 samples/s\n");
  EXPECT_TRUE(ended_);
}

TEST_F(RunWatchTest, WaitsForTheSummaryOfARunThatIsTrained) {
  watch(false);
  add(header);
  add(R"({"event":"end","train_seconds":65.0})");
  EXPECT_THAT(shown(), HasSubstr("trained in 1:05\n"));
  EXPECT_FALSE(ended_);
  EXPECT_EQ(shown(), "");
}

TEST_F(RunWatchTest, GoesOnWithARunWhoseSummaryIsOfAnEarlierEnd) {
  complete();
  std::filesystem::remove(folder_ / "metrics.jsonl");
  add(header);
  watch(false);
  shown();
  EXPECT_FALSE(ended_);
}

TEST_F(RunWatchTest, DrawsAViewInPlaceOfTheLastOne) {
  watch(true);
  EXPECT_EQ(shown(), "waiting for the first record\n");
  add(header);
  add(step_line(50, 0.75));
  EXPECT_EQ(shown(),
            "\x1b[1A\r\x1b[J"
            "cnn on digits, 1 rank, 1,000 parameters, batch 10\n"
            "epoch 1/3 [==============>             ] 50/100  50 samples/s  ETA 0:50\n"
            "loss 0.75\n"
            "loss  ▁\n");
  add(epoch_line(1));
  add(step_line(150, 0.25));
  EXPECT_EQ(shown(),
            "\x1b[3A\r\x1b[J"
            "epoch 1/3  loss 0.5  val_accuracy 0.75  50 samples/s\n"
            "epoch 2/3 [==============>             ] 50/100  50 samples/s  ETA 0:30\n"
            "loss 0.25\n"
            "val_accuracy 0.75\n"
            "loss  █▁\n");
  complete();
  EXPECT_THAT(shown(), AllOf(StartsWith("\x1b[4A\r\x1b[J"), HasSubstr("test  accuracy 0.875")));
}

TEST_F(RunWatchTest, NeverFillsTheTerminalsWidth) {
  RunCourse course;
  course.add(header);
  for (int step = 1; step <= 90; ++step) course.add(step_line(step, 1.0 / step));
  for (int columns = 2; columns < 130; ++columns)
    for (const std::string& line : view_of(course, columns, false)) {
      const auto characters = std::ranges::count_if(
          line, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; });
      EXPECT_LT(characters, columns) << line;
    }
}

TEST_F(RunWatchTest, ShowsTheLastOfManyEpochs) {
  add(header);
  for (int epoch = 1; epoch <= 30; ++epoch) add(epoch_line(epoch));
  watch(false);
  const std::string text = shown();
  EXPECT_THAT(text, HasSubstr("(20 epochs before)\nepoch 21/3"));
  EXPECT_THAT(text, AllOf(HasSubstr("epoch 30/3"), Not(HasSubstr("epoch 20/3"))));
}

TEST_F(RunWatchTest, SaysSinceWhenARunIsSilent) {
  add(header);
  const AppendFile writer(folder_ / "metrics.jsonl");
  watch(false);
  shown();
  now_s_ += 59;
  EXPECT_EQ(shown(), "");
  now_s_ += 10;
  EXPECT_THAT(shown(), ::testing::MatchesRegex("nothing new since [0-9: -]+, for 1:[0-9]+\n"));
  now_s_ += 10;
  EXPECT_EQ(shown(), "");  // once is enough
}

TEST_F(RunWatchTest, SaysThatNoProcessWritesASilentRun) {
  add(header);
  watch(false);
  shown();
  now_s_ += 69;
  EXPECT_THAT(shown(), HasSubstr("no process is seen to write it: if its job has ended, credence "
                                 "train --resume " +
                                 folder_.path().string() + " goes on with it\n"));
}

TEST_F(RunWatchTest, SaysThatARunGoesOnFromAnEarlierStep) {
  add(header);
  const auto length = std::filesystem::file_size(folder_ / "metrics.jsonl");
  add(epoch_line(1));
  add(epoch_line(2));
  watch(false);
  shown();
  std::filesystem::resize_file(folder_ / "metrics.jsonl", length);
  add(epoch_line(1));
  EXPECT_EQ(shown(),
            "metrics.jsonl was cut back: the run goes on from an earlier step\n"
            "cnn on digits, 1 rank, 1,000 parameters, batch 10\n"
            "epoch 1/3  loss 0.5  val_accuracy 0.75  50 samples/s\n");
}

}  // namespace
}  // namespace credence
