#include "credence/checkpoint/checkpoint_folder.h"

#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

namespace fs = std::filesystem;
using credence::testing::message_of;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using credence::testing::write_text;
using ::testing::HasSubstr;

std::vector<NamedTensor> weights(double value) {
  std::vector<NamedTensor> made{{"output.bias", Tensor({2})}};
  made[0].tensor.fill(value);
  return made;
}

/// A checkpoint of a training under way.
fs::path save_training(const fs::path& directory, std::uint64_t step, Metadata more = {}) {
  std::vector<NamedTensor> all = weights(static_cast<double>(step));
  const std::vector<NamedTensor> progress = as_progress(weights(1));
  all.insert(all.end(), progress.begin(), progress.end());
  return save_checkpoint(directory, all, {},
                         {.step = step, .config_hash = "", .more = std::move(more)});
}

void damage(const fs::path& file) {
  std::string bytes = read_text(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_text(file, bytes);
}

TEST(CheckpointFolder, IsFoundByFileDirectoryOrRun) {
  const TemporaryFolder directory;
  const fs::path checkpoints = directory / "checkpoints";
  const fs::path first =
      save_checkpoint(checkpoints, weights(1), {}, {.step = 9, .config_hash = ""});
  EXPECT_EQ(read_text(checkpoints / "latest"), "step-00000009.safetensors\n");
  const fs::path second =
      save_checkpoint(checkpoints, weights(1), {}, {.step = 123456789, .config_hash = ""});
  EXPECT_EQ(second.filename(), "step-123456789.safetensors");
  EXPECT_EQ(find_checkpoint(first), first);
  EXPECT_EQ(find_checkpoint(checkpoints), second);
  EXPECT_EQ(find_checkpoint(directory.path()), second);
}

TEST(CheckpointFolder, SaysWhereItWasLookedFor) {
  const TemporaryFolder directory;
  const auto message = [](const fs::path& path) {
    return message_of<DataError>([&] { find_checkpoint(path); });
  };
  EXPECT_THAT(message(directory.path()), HasSubstr(directory.path().string() + ": expected"));
  EXPECT_THAT(message(directory / "none"), HasSubstr("found none"));
  write_text(directory / "latest", "step-00000001.safetensors\n");
  EXPECT_THAT(message(directory.path()), HasSubstr("names step-00000001.safetensors"));
  write_text(directory / "latest", "../../secret\n");
  EXPECT_THAT(message(directory.path()), HasSubstr("got \"../../secret\""));
}

TEST(CheckpointFolder, RemovesTheOldestButNeverTheLatest) {
  const TemporaryFolder directory;
  for (const std::uint64_t step : {100, 20, 3000, 400})
    save_checkpoint(directory.path(), weights(1), {}, {.step = step, .config_hash = ""});
  write_text(directory / "step-mine.safetensors", "not a checkpoint");
  prune_checkpoints(directory.path(), 1);
  EXPECT_FALSE(fs::exists(directory / checkpoint_name(20)));
  EXPECT_FALSE(fs::exists(directory / checkpoint_name(100)));
  EXPECT_TRUE(fs::exists(directory / checkpoint_name(400)));  // the latest
  EXPECT_TRUE(fs::exists(directory / checkpoint_name(3000)));
  EXPECT_TRUE(fs::exists(directory / "step-mine.safetensors"));
}

TEST(CheckpointFolder, KeepsTheBest) {
  const TemporaryFolder directory;
  for (const std::uint64_t step : {1, 2, 3, 4}) save_training(directory.path(), step);
  mark_best(directory / checkpoint_name(2));
  EXPECT_EQ(read_text(directory / "best"), "step-00000002.safetensors\n");
  prune_checkpoints(directory.path(), 1);
  EXPECT_FALSE(fs::exists(directory / checkpoint_name(1)));
  EXPECT_TRUE(fs::exists(directory / checkpoint_name(2)));
  EXPECT_FALSE(fs::exists(directory / checkpoint_name(3)));
  EXPECT_TRUE(fs::exists(directory / checkpoint_name(4)));
}

TEST(CheckpointFolder, CountsWholeOnesAloneAmongThoseToKeep) {
  const TemporaryFolder directory;
  for (const std::uint64_t step : {1, 2, 3, 4, 5}) save_training(directory.path(), step);
  damage(directory / checkpoint_name(5));
  damage(directory / checkpoint_name(3));
  prune_checkpoints(directory.path(), 2);
  for (const std::uint64_t step : {1, 2, 3, 4, 5})
    EXPECT_EQ(fs::exists(directory / checkpoint_name(step)), step > 1) << step;
}

TEST(CheckpointFolder, IsChosenOfARunByNameOrFile) {
  const TemporaryFolder run;
  const fs::path folder = run / "checkpoints";
  const auto message = [&](const std::string& choice) {
    return message_of<DataError>([&] { choose_checkpoint(run.path(), choice); });
  };
  for (const std::uint64_t step : {1, 2, 3}) save_training(folder, step);
  EXPECT_THAT(message("best"), HasSubstr("expected a file \"best\""));
  EXPECT_THAT(message("best"), HasSubstr("found step-00000003.safetensors, "));
  mark_best(folder / checkpoint_name(2));
  EXPECT_EQ(choose_checkpoint(run.path(), ""), folder / checkpoint_name(3));
  EXPECT_EQ(choose_checkpoint(run.path(), "latest"), folder / checkpoint_name(3));
  EXPECT_EQ(choose_checkpoint(run.path(), "best"), folder / checkpoint_name(2));
  EXPECT_EQ(choose_checkpoint(run.path(), checkpoint_name(1)), folder / checkpoint_name(1));
  const fs::path file = folder / checkpoint_name(1);
  EXPECT_EQ(choose_checkpoint(run.path(), file.string()), file);
  EXPECT_THAT(message("bset"), HasSubstr("bset: expected \"latest\", \"best\" or"));
  EXPECT_THAT(message("bset"), HasSubstr("step-00000001.safetensors, latest, best"));
  fs::remove(folder / checkpoint_name(2));
  EXPECT_THAT(message("best"), HasSubstr("names step-00000002.safetensors, which is missing"));
}

TEST(CheckpointFolder, IsChosenInItsRunBeforeAFileOfThatNameElsewhere) {
  const TemporaryFolder directory;
  const fs::path here = fs::current_path(), run = directory / "run";
  const fs::path own = save_training(run / "checkpoints", 9);
  save_training(directory.path(), 9);
  fs::current_path(directory.path());
  EXPECT_EQ(choose_checkpoint(run, "step-00000009.safetensors"), own);
  fs::current_path(here);
}

TEST(CheckpointFolder, OfWhichTheBestCannotBeReadIsAnError) {
  const TemporaryFolder directory;
  save_training(directory.path(), 9);
  fs::create_symlink("step-00000012.safetensors", directory / "step-00000012.safetensors");
  write_text(directory / "best", "step-00000012.safetensors\n");
  EXPECT_THROW(best_metadata(directory.path()), IoError);
}

TEST(CheckpointFolder, FindsTheNewestOfATrainingUnderWay) {
  const TemporaryFolder directory;
  EXPECT_FALSE(find_training(directory / "none"));
  save_training(directory.path(), 5, {{"metrics_bytes", "500"}});
  save_training(directory.path(), 12, {{"metrics_bytes", "1200"}});
  save_checkpoint(directory.path(), weights(1), {}, {.step = 20, .config_hash = ""});  // its end
  const std::optional<FoundTraining> found = find_training(directory.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, directory / checkpoint_name(12));
  EXPECT_EQ(found->metadata.at("metrics_bytes"), "1200");
}

TEST(CheckpointFolder, NamesDamagedOnesAndGoesOnFromTheOneBefore) {
  const TemporaryFolder directory;
  for (const std::uint64_t step : {5, 12, 30}) save_training(directory.path(), step);
  damage(directory / checkpoint_name(30));
  damage(directory / checkpoint_name(12));
  std::string warning;
  const auto warn = [&](std::string_view text) { warning += text; };
  const std::optional<FoundTraining> found = find_training(directory.path(), warn);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, directory / checkpoint_name(5));
  EXPECT_THAT(warning, HasSubstr("step-00000030.safetensors: not a valid"));
  EXPECT_THAT(warning, HasSubstr("step-00000012.safetensors: not a valid"));
  damage(directory / checkpoint_name(5));
  EXPECT_THAT(message_of<DataError>([&] { find_training(directory.path(), warn); }),
              HasSubstr("no whole checkpoint to go on from"));
}

}  // namespace
}  // namespace credence
