#include "credence/terminal/progress.h"

#include <sstream>
#include <vector>

#include <gmock/gmock.h>

namespace credence {
namespace {

using ::testing::HasSubstr;

class ProgressTest : public ::testing::Test {
 protected:
  ProgressOptions options(bool terminal) {
    return {.terminal = terminal,
            .columns = [this] { return columns_; },
            .clock_s = [this] { return now_s_; }};
  }
  /// What `action` writes.
  template <class Action>
  std::string written(Action&& action) {
    out_.str("");
    action();
    return out_.str();
  }
  ProgressUpdate at_step(std::int64_t step) const {
    return {.epoch = 2,
            .epochs = 3,
            .step = step,
            .steps = 100,
            .fields = fields_,
            .samples_per_sec = 12345.6};
  }

  std::ostringstream out_;
  double now_s_ = 1000;
  int columns_ = 100;
  std::vector<Field> fields_{{"loss", 0.123456}};
};

TEST_F(ProgressTest, DrawsABarInPlace) {
  Progress progress(out_, options(true));
  EXPECT_EQ(written([&] { progress.update(at_step(50)); }),
            "\r\x1b[Kepoch 2/3 [==============>             ] 50/100  loss 0.1235"
            "  12,346 samples/s  ETA -:--");
  now_s_ += 30;  // 10 steps in 30 s, and 140 to go
  EXPECT_THAT(written([&] { progress.update(at_step(60)); }), HasSubstr("60/100  loss 0.1235  "
                                                                        "12,346 samples/s  "
                                                                        "ETA 7:00"));
}

TEST_F(ProgressTest, RedrawsTenTimesASecondAtMost) {
  Progress progress(out_, options(true));
  int drawn = 0;
  for (int step = 1; step <= 100; ++step, now_s_ += 0.01)
    drawn += written([&] { progress.update(at_step(step)); }).empty() ? 0 : 1;
  EXPECT_GE(drawn, 9);
  EXPECT_LE(drawn, 10);
}

TEST_F(ProgressTest, NeverFillsTheTerminalsWidth) {
  for (columns_ = 1; columns_ < 120; ++columns_, now_s_ += 1) {
    Progress progress(out_, options(true));
    const std::string text = written([&] { progress.update(at_step(50)); });
    EXPECT_LT(text.size() - std::string("\r\x1b[K").size(), static_cast<std::size_t>(columns_));
  }
}

TEST_F(ProgressTest, ShowsNoBarWhereThereIsNoRoom) {
  columns_ = 60;
  Progress progress(out_, options(true));
  EXPECT_EQ(written([&] { progress.update(at_step(50)); }),
            "\r\x1b[Kepoch 2/3 50/100  loss 0.1235  12,346 samples/s  ETA -:--");
}

TEST_F(ProgressTest, ColoursTheBarIfAsked) {
  ProgressOptions coloured = options(true);
  coloured.color = true;
  Progress progress(out_, coloured);
  EXPECT_THAT(written([&] { progress.update(at_step(50)); }),
              HasSubstr("[\x1b[32m==============>\x1b[0m "));
}

TEST_F(ProgressTest, PutsALineInPlaceOfTheBar) {
  Progress progress(out_, options(true));
  progress.update(at_step(100));
  EXPECT_EQ(written([&] { progress.finish_line("epoch 2: loss 0.12"); }),
            "\r\x1b[Kepoch 2: loss 0.12\n");
  EXPECT_EQ(written([&] { progress.finish_line("done"); }), "done\n");
}

TEST_F(ProgressTest, BreaksALineThatATerminalIsTooNarrowFor) {
  columns_ = 20;
  const std::string line = "epoch 2  loss 0.12  kl 30";
  Progress terminal(out_, options(true)), file(out_, options(false));
  EXPECT_EQ(written([&] { terminal.finish_line(line); }), "epoch 2  loss 0.12\n  kl 30\n");
  EXPECT_EQ(written([&] { file.finish_line(line); }), line + "\n");
  const std::string table = "phase    layer   share\nforward  conv1   50.0%\n";
  EXPECT_EQ(written([&] { terminal.finish_line(table); }), table + "\n");
}

TEST_F(ProgressTest, ShowsOtherWorkOnTerminalsAlone) {
  const auto tested = [](std::int64_t step) {
    return ProgressUpdate{.work = "test", .step = step, .steps = 50};
  };
  Progress terminal(out_, options(true)), file(out_, options(false));
  terminal.update(at_step(100));
  now_s_ += 1;
  terminal.update(tested(1));
  now_s_ += 2;  // 19 steps, and 30 to go
  EXPECT_EQ(written([&] { terminal.update(tested(20)); }),
            "\r\x1b[Ktest [===========>                ] 20/50  ETA 0:03");
  EXPECT_EQ(written([&] {
              file.update(tested(1));
              now_s_ += 1000;
              file.update(tested(2));
            }),
            "");
}

TEST_F(ProgressTest, EndsTheLineOfABarThatIsLeft) {
  {
    Progress progress(out_, options(true));
    progress.update(at_step(50));
  }
  EXPECT_EQ(out_.str().back(), '\n');
}

TEST_F(ProgressTest, WritesPlainLinesToAFileEveryTenSeconds) {
  Progress progress(out_, options(false));
  const std::string text = written([&] {
    for (int step = 1; step <= 25; ++step, now_s_ += 1) progress.update(at_step(step));
    progress.finish_line("epoch 2: loss 0.12");
  });
  EXPECT_EQ(text,
            "epoch 2/3  step 11/100  loss 0.1235  12,346 samples/s  ETA 3:09\n"
            "epoch 2/3  step 21/100  loss 0.1235  12,346 samples/s  ETA 2:59\n"
            "epoch 2: loss 0.12\n");
}

TEST_F(ProgressTest, ShowsNoEndOfARunWhoseLengthIsUnknown) {
  Progress progress(out_, options(true));
  EXPECT_EQ(written([&] { progress.update({.epoch = 1, .step = 5}); }), "\r\x1b[Kepoch 1 5");
}

TEST(ProgressOptions, TakeAFileForNoTerminal) {
  std::FILE* file = std::tmpfile();
  const ProgressOptions options = progress_options(fileno(file));
  std::fclose(file);
  EXPECT_FALSE(options.terminal);
  EXPECT_FALSE(options.color);
}

TEST(DurationText, IsShort) {
  EXPECT_EQ(duration_text(0), "0:00");
  EXPECT_EQ(duration_text(65), "1:05");
  EXPECT_EQ(duration_text(2 * 3600 + 3 * 60 + 9), "2:03:09");
  EXPECT_EQ(duration_text(3 * 86400 + 4 * 3600 + 5 * 60), "3d 04:05");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "-:--");
}

}  // namespace
}  // namespace credence
