#include "credence/checkpoint/checkpoint_series.h"

#include <cmath>
#include <csignal>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/base/signals.h"
#include "credence/checkpoint/checkpoint_folder.h"

namespace credence {
namespace {

using credence::testing::message_of;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using ::testing::HasSubstr;

std::vector<NamedTensor> one(const std::string& name, double value) {
  std::vector<NamedTensor> made{{name, Tensor({1})}};
  made[0].tensor.fill(value);
  return made;
}

/// Of checkpoints each of so many steps, with ten steps an epoch.
std::vector<std::int64_t> due_steps(const CheckpointOptions& options, bool saves_end = false) {
  const CheckpointSeries series({.options = options, .saves_end = saves_end});
  std::vector<std::int64_t> due;
  for (std::int64_t step = 1; step <= 40; ++step) {
    const TrainingPosition position{.step = step,
                                    .epoch = step / 10,
                                    .ends_epoch = step % 10 == 0,
                                    .ends_training = step == 40};
    if (series.is_due(position)) due.push_back(step);
  }
  return due;
}

TEST(CheckpointSeries, IsDueBySteps) {
  EXPECT_EQ(due_steps({.every_steps = 15}), (std::vector<std::int64_t>{15, 30}));
}

TEST(CheckpointSeries, IsDueByEpochs) {
  EXPECT_EQ(due_steps({.every_epochs = 3}), (std::vector<std::int64_t>{30}));
}

TEST(CheckpointSeries, IsDueAtTheEndIfTold) {
  EXPECT_EQ(due_steps({}, true), (std::vector<std::int64_t>{40}));
}

TEST(CheckpointSeries, IsDueByTimeOnTheClockOfTheRankThatWrites) {
  const CheckpointOptions at_once{.every_minutes = 1e-12}, never{.every_minutes = 0};
  EXPECT_GT(CheckpointSeries({.options = at_once, .writes = true}).request().save, 0);
  EXPECT_EQ(CheckpointSeries({.options = at_once, .writes = false}).request().save, 0);
  EXPECT_EQ(CheckpointSeries({.options = never, .writes = true}).request().save, 0);
}

TEST(CheckpointSeries, IsDueOnASignalToAnyRank) {
  const SaveRequests save_requests;
  const EndRequests end_requests;
  CheckpointSeries series({.writes = false});
  std::raise(SIGUSR1);
  EXPECT_GT(series.request().save, 0);
  EXPECT_EQ(series.request().save, 0);
  std::raise(SIGTERM);
  EXPECT_GT(series.request().end, 0);
  EXPECT_FALSE(series.is_due({.step = 1}));
  series.agree({.end = 1});
  EXPECT_TRUE(series.is_due({.step = 1}));
}

/// The step in `best` after epochs of these values.
std::string best_of(const std::string& figure, std::vector<double> values) {
  const TemporaryFolder directory;
  CheckpointSeries series(
      {.directory = directory.path(), .options = {.keep = 1, .best = figure}, .writes = true});
  for (std::size_t epoch = 0; epoch < values.size(); ++epoch) {
    const TrainingPosition position{.step = static_cast<std::int64_t>(epoch + 1),
                                    .best = values[epoch]};
    if (series.is_due(position)) series.save(position, one("w", 1), {}, one("p", 1));
  }
  series.finish();
  return read_text(directory / "best");
}

TEST(CheckpointSeries, KnowsOfWhichFiguresMoreIsBetter) {
  const std::vector<double> values{0.5, 0.7, 0.3, 0.6, NAN};
  for (const char* figure : {"accuracy", "val_accuracy", "val_ll", "val_auroc"})
    EXPECT_EQ(best_of(figure, values), "step-00000002.safetensors\n") << figure;
  for (const char* figure : {"loss", "nll", "val_nll", "val_rmse", "val_crps", "val_ece"})
    EXPECT_EQ(best_of(figure, values), "step-00000003.safetensors\n") << figure;
}

TEST(CheckpointSeries, RefusesABestThatIsNoFigureOrNoneToBeBestIn) {
  const std::vector<std::string> figures{"loss", "nll", "kl", "val_nll", "val_picp"};
  EXPECT_NO_THROW(check_best({.best = ""}, figures));
  EXPECT_NO_THROW(check_best({.best = "val_nll"}, figures));
  for (const char* wrong : {"val_acuracy", "kl", "val_picp"})
    EXPECT_THAT(message_of<ConfigError>([&] { check_best({.best = wrong}, figures); }),
                HasSubstr(std::string("one of loss, nll, val_nll, got ") + wrong));
}

TEST(CheckpointSeries, GoesOnWithTensorsProgressAndTheBestSoFar) {
  const TemporaryFolder directory;
  const CheckpointSeries::Parts parts{.directory = directory.path(),
                                      .options = {.best = "val_nll"},
                                      .writes = true,
                                      .resumes = true,
                                      .facts = [] {
                                        return Metadata{{"metrics_bytes", "77"}};
                                      }};
  {
    CheckpointSeries first(parts);
    EXPECT_TRUE(first.find().empty());
    first.save({.step = 3, .best = 0.25}, one("w", 1.5), one("m", 2.5), one("p", 3.5));
    first.finish();
  }
  CheckpointSeries second(parts);
  std::vector<NamedTensor> model = one("w", 0), optimizer = one("m", 0);
  const SavedTraining saved = second.load(second.find(), model, optimizer);
  EXPECT_EQ(saved.info.step, 3U);
  EXPECT_EQ(model[0].tensor.span<float>()[0], 1.5F);
  EXPECT_EQ(optimizer[0].tensor.span<float>()[0], 2.5F);
  ASSERT_EQ(saved.progress.size(), 1U);
  EXPECT_EQ(saved.progress[0].tensor.span<float>()[0], 3.5F);
  second.set_best(second.find_best());
  EXPECT_FALSE(second.is_due({.step = 4, .best = 0.3}));
  EXPECT_TRUE(second.is_due({.step = 4, .best = 0.2}));
  EXPECT_EQ(largest_saved(directory.path(), "metrics_bytes"), 77);

  CheckpointSeries::Parts anew = parts;
  anew.resumes = false;
  EXPECT_TRUE(CheckpointSeries(anew).find().empty());
}

TEST(CheckpointSeries, WarnsOfOneThatFailsUnlessItMustBeWritten) {
  const TemporaryFolder directory;
  directory.write("checkpoints", "a file, where a folder should be");
  CheckpointSeries series({.directory = directory / "checkpoints", .writes = true});
  EXPECT_NO_THROW(series.save({.step = 1}, one("w", 1), {}, one("p", 1)));
  EXPECT_NO_THROW(series.save({.step = 2}, one("w", 1), {}, one("p", 1)));
  EXPECT_NO_THROW(series.settle());
  series.save({.step = 3}, one("w", 1), {}, one("p", 1));
  EXPECT_THROW(series.finish(), CreateError);
}

/// The training's side of an epoch that takes one step.
void end_epoch(CheckpointSeries& series, std::int64_t epoch, double figure) {
  series.agree(series.request(true));
  const TrainingPosition position{
      .step = epoch, .epoch = epoch, .ends_epoch = true, .best = figure};
  if (series.is_due(position)) series.save(position, one("w", figure), {}, one("p", 1));
}

TEST(CheckpointSeries, TakesForTheBestOnlyWhatIsOnDisk) {
  const TemporaryFolder directory;
  const CheckpointSeries::Parts parts{.directory = directory / "checkpoints",
                                      .options = {.keep = 1, .best = "val_nll"},
                                      .writes = true,
                                      .resumes = true};
  const auto best = [&] { return read_text(parts.directory / "best"); };
  {
    CheckpointSeries series(parts);
    end_epoch(series, 1, 0.9);
    series.finish();
    const std::filesystem::path away = directory / "away";
    std::filesystem::rename(parts.directory, away);
    directory.write("checkpoints", "a file, where a folder should be");
    end_epoch(series, 2, 0.5);
    EXPECT_EQ(series.request(true).best_failed, 1);  // waits until that is known
    series.agree({.best_failed = 1});
    std::filesystem::remove(parts.directory);
    std::filesystem::rename(away, parts.directory);
    EXPECT_EQ(best(), "step-00000001.safetensors\n");
    end_epoch(series, 3, 0.95);
    series.finish();
    EXPECT_EQ(best(), "step-00000001.safetensors\n");
    end_epoch(series, 4, 0.7);  // worse than what was lost, better than what is there
    series.finish();
    EXPECT_EQ(best(), "step-00000004.safetensors\n");
  }
  CheckpointSeries resumed(parts);
  EXPECT_EQ(resumed.find_best(), "0.7");
  std::filesystem::resize_file(parts.directory / "step-00000004.safetensors", 100);
  EXPECT_EQ(resumed.find_best(), "");
}

TEST(CheckpointSeries, KnowsAfterAResumeTheBestThatIsMarkedNotTheOneThatWasToBe) {
  const TemporaryFolder directory;
  const CheckpointSeries::Parts parts{.directory = directory.path(),
                                      .options = {.best = "val_nll"},
                                      .writes = true,
                                      .resumes = true};
  {
    CheckpointSeries series(parts);
    end_epoch(series, 1, 0.9);
    series.finish();
    std::filesystem::rename(directory / "best", directory / "marked");
    std::filesystem::create_directory(directory / "best");  // so that it cannot be written
    directory.write("best/full", "");
    end_epoch(series, 2, 0.5);
    EXPECT_THROW(series.finish(), Error);
    EXPECT_EQ(series.request().best_failed, 1);
  }
  std::filesystem::remove_all(directory / "best");
  std::filesystem::rename(directory / "marked", directory / "best");
  const CheckpointSeries resumed(parts);
  EXPECT_EQ(resumed.find().filename(), "step-00000002.safetensors");
  EXPECT_EQ(resumed.find_best(), "0.9");
}

TEST(CheckpointSeries, TellsOfACheckpointThatASignalAskedForOnceItIsSaved) {
  const TemporaryFolder directory;
  std::vector<std::string> told;
  CheckpointSeries series({.directory = directory / "checkpoints",
                           .writes = true,
                           .tell = [&](const std::string& line) { told.push_back(line); }});
  const auto save = [&](std::int64_t step, const CheckpointRequest& request) {
    series.agree(request);
    series.save({.step = step}, one("w", 1), {}, one("p", 1));
    series.settle();
  };
  save(1, {.save = 1});
  EXPECT_TRUE(told.empty());
  save(2, {.save = 1, .announce = 1});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("checkpoint saved after step 2: "));
  std::filesystem::remove_all(directory / "checkpoints");
  directory.write("checkpoints", "a file, where a folder should be");
  save(3, {.save = 1, .announce = 1});
  EXPECT_EQ(told.size(), 1U);
}

TEST(CheckpointSeries, KeepsWholeOnesForThoseThatAreDamaged) {
  const TemporaryFolder directory;
  CheckpointSeries series({.directory = directory.path(), .options = {.keep = 2}, .writes = true});
  const auto file = [&](std::int64_t step) {
    return directory / checkpoint_name(static_cast<std::uint64_t>(step));
  };
  directory.write(file(90).filename(), "damaged");
  directory.write(file(80).filename(), "damaged");
  for (const std::int64_t step : {1, 2, 3}) {
    series.save({.step = step}, one("w", 1), {}, one("p", 1));
    series.finish();
  }
  EXPECT_FALSE(std::filesystem::exists(file(1)));
  EXPECT_TRUE(std::filesystem::exists(file(2)));
  EXPECT_TRUE(std::filesystem::exists(file(3)));
}

}  // namespace
}  // namespace credence
