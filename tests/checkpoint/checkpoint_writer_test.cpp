#include "credence/checkpoint/checkpoint_writer.h"

#include <ctime>
#include <functional>

#include "support/temporary_folder.h"
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/checkpoint/checkpoint_folder.h"

namespace credence {
namespace {

using credence::testing::TemporaryFolder;

std::vector<NamedTensor> weights(double value) {
  std::vector<NamedTensor> made{{"output.bias", Tensor({1000})}};
  made[0].tensor.fill(value);
  return made;
}

float saved_in(const std::filesystem::path& file) {
  std::vector<NamedTensor> loaded = weights(0);
  load_training(file, loaded, {});
  return loaded[0].tensor.span<float>()[999];
}

CheckpointInfo at(std::uint64_t step) {
  return {.step = step, .config_hash = ""};
}

TEST(CheckpointWriter, WritesTheTensorsAsTheyWereWhenItWasTold) {
  const TemporaryFolder directory;
  std::vector<std::filesystem::path> written;
  CheckpointWriter writer(directory.path(), [&](const std::filesystem::path& file, bool is_best) {
    written.push_back(file);
    EXPECT_EQ(is_best, written.size() == 2);
  });
  std::vector<NamedTensor> tensors = weights(0);
  for (const std::uint64_t step : {1, 2, 3}) {
    tensors[0].tensor.fill(static_cast<double>(step));
    writer.begin(tensors, {}, at(step), step == 2);
    tensors[0].tensor.fill(-1);
  }
  writer.finish();
  ASSERT_EQ(written.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(written[i], directory / checkpoint_name(i + 1));
    EXPECT_EQ(saved_in(written[i]), static_cast<float>(i + 1));
  }
}

TEST(CheckpointWriter, EndsWithWhatWasBegunWritten) {
  const TemporaryFolder directory;
  {
    CheckpointWriter writer(directory.path(), [](const std::filesystem::path&, bool) {});
    writer.begin(weights(7), {}, at(1));
  }
  EXPECT_EQ(saved_in(directory / checkpoint_name(1)), 7.0F);
}

TEST(CheckpointWriter, TellsOfAFailureOnceAndGoesOn) {
  const TemporaryFolder directory;
  const std::filesystem::path folder = directory / "checkpoints";
  directory.write("checkpoints", "a file, where a folder should be");
  CheckpointWriter writer(folder, [](const std::filesystem::path&, bool) {});
  writer.begin(weights(1), {}, at(1));
  EXPECT_THROW(writer.finish(), CreateError);
  EXPECT_NO_THROW(writer.finish());
  std::filesystem::remove(folder);
  writer.begin(weights(2), {}, at(2));
  EXPECT_NO_THROW(writer.finish());
  EXPECT_EQ(saved_in(folder / checkpoint_name(2)), 2.0F);
}

/// Of this thread's processor, so that other programs do not count.
double seconds_of(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double begin = now();
  work();
  return now() - begin;
}

TEST(CheckpointWriter, PausesTrainingForLessThan50MillisecondsPer100Megabytes) {
  const TemporaryFolder directory;
  std::vector<NamedTensor> tensors{{"output.weight", Tensor({25'000'000})}};
  tensors[0].tensor.fill(1);
  CheckpointWriter writer(directory.path(), [](const std::filesystem::path&, bool) {});
  double shortest = 1;
  for (std::uint64_t step = 0; step < 3; ++step) {
    const double seconds = seconds_of([&] { writer.begin(tensors, {}, at(step)); });
    if (step > 0) shortest = std::min(shortest, seconds);  // the first one also gets the memory
    writer.finish();
  }
  EXPECT_LT(shortest, 0.050);
}

}  // namespace
}  // namespace credence
