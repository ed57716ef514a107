#include "credence/records/run_directory.h"

#include <future>
#include <set>
#include <vector>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

namespace fs = std::filesystem;
using credence::testing::message_of;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(RunDirectory, TakesTheLowestFreeNumber) {
  const TemporaryFolder directory;
  const RunDirectoryOptions options{.recipe = "recipes/digits_cnn.yaml",
                                    .root = directory / "runs"};
  EXPECT_EQ(RunDirectory::create(options).path(), directory / "runs" / "digits_cnn-1");
  EXPECT_EQ(RunDirectory::create(options).path(), directory / "runs" / "digits_cnn-2");
  fs::remove(directory / "runs" / "digits_cnn-1");
  EXPECT_EQ(RunDirectory::create(options).path(), directory / "runs" / "digits_cnn-1");
  EXPECT_EQ(RunDirectory::create(options).path(), directory / "runs" / "digits_cnn-3");
}

TEST(RunDirectory, KeepsDotsInARecipesName) {
  const TemporaryFolder directory;
  const auto name = [&](const char* recipe) {
    return RunDirectory::create({.recipe = recipe, .root = directory.path()}).path().filename();
  };
  EXPECT_EQ(name("cnn.v2"), "cnn.v2-1");
  EXPECT_EQ(name("a/cnn.v3.yml"), "cnn.v3-1");
  EXPECT_EQ(name(""), "run-1");
}

TEST(RunDirectory, IsOneForEachOfManyJobsAtOnce) {
  const TemporaryFolder directory;
  std::vector<std::future<fs::path>> jobs;
  for (int i = 0; i < 16; ++i)
    jobs.push_back(std::async(std::launch::async, [&] {
      return RunDirectory::create({.recipe = "r", .root = directory / "runs"}).path();
    }));
  std::set<fs::path> paths;
  for (auto& job : jobs) paths.insert(job.get());
  EXPECT_EQ(paths.size(), 16U);
  EXPECT_TRUE(paths.count(directory / "runs" / "r-16"));
}

TEST(RunDirectory, IsMadeWhereItIsAskedFor) {
  const TemporaryFolder directory;
  const RunDirectory run = RunDirectory::create({.output = directory / "a/b/"});
  EXPECT_EQ(run.path(), directory / "a/b");
  EXPECT_TRUE(fs::is_directory(directory / "a/b"));
  EXPECT_EQ(run.metrics(), directory / "a/b/metrics.jsonl");
  run.write_config("seed: 1\n");
  EXPECT_EQ(RunDirectory::open(run.path()).path(), run.path());
}

TEST(RunDirectory, OfARepeatedRunHasTheNameOfItsRecipe) {
  const TemporaryFolder directory;
  const fs::path first = directory / "mnist_cnn-3";
  const RunDirectory run = RunDirectory::create(
      {.recipe = (first / "config.yaml").string(), .root = directory / "runs"});
  EXPECT_EQ(run.path(), directory / "runs/mnist_cnn-1");
}

TEST(RunDirectory, IsNeverOverwritten) {
  const TemporaryFolder directory;
  fs::create_directory(directory / "run");
  testing::write_text(directory / "file", "mine");
  for (const char* name : {"run", "file"}) {
    const fs::path path = directory / name;
    EXPECT_THAT(message_of<CreateError>([&] { RunDirectory::create({.output = path}); }),
                AllOf(HasSubstr(path.string()), HasSubstr("exists; choose another")));
  }
  EXPECT_EQ(read_text(directory / "file"), "mine");
}

TEST(RunDirectory, SaysWhyItCannotBeMade) {
  const TemporaryFolder directory;
  testing::write_text(directory / "file", "");
  EXPECT_THAT(
      message_of<CreateError>([&] { RunDirectory::create({.output = directory / "file/run"}); }),
      AllOf(HasSubstr((directory / "file").string()), HasSubstr("Not a directory")));

  fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const auto user = ::geteuid();
  if (user == 0) {
    ASSERT_EQ(::seteuid(65534), 0);  // root may write everywhere
  }
  const std::string message =
      message_of<CreateError>([&] { RunDirectory::create({.output = directory / "run"}); });
  ASSERT_EQ(::seteuid(user), 0);
  fs::permissions(directory.path(), fs::perms::owner_all);
  EXPECT_THAT(message, HasSubstr("Permission denied"));
}

TEST(RunDirectory, WritesItsFiles) {
  const TemporaryFolder directory;
  const RunDirectory run = RunDirectory::create({.output = directory / "run"});
  run.write_config("seed: 1\n");
  run.write_config("seed: 2\n");
  run.write_environment("{}\n");
  EXPECT_EQ(read_text(directory / "run/config.yaml"), "seed: 2\n");
  EXPECT_EQ(read_text(directory / "run/env.json"), "{}\n");
}

TEST(RunDirectory, IsOpenedAgain) {
  const TemporaryFolder directory;
  const RunDirectory run = RunDirectory::create({.output = directory / "run"});
  run.write_config("seed: 1\n");
  EXPECT_EQ(RunDirectory::open(run.path()).path(), run.path());
}

TEST(RunDirectory, CannotBeOpenedWhereThereIsNone) {
  const TemporaryFolder directory;
  EXPECT_THAT(message_of<DataError>([&] { RunDirectory::open(directory.path()); }),
              HasSubstr("it has no config.yaml"));
  EXPECT_THAT(message_of<DataError>([] { RunDirectory::open("/no/such/run"); }),
              HasSubstr("/no/such/run: expected"));
}

TEST(RunDirectory, BeginsAgainWhereARunEndedBeforeItHadAConfiguration) {
  const TemporaryFolder folder;
  const RunDirectoryOptions anew{.output = folder / "a"};
  RunDirectoryOptions again = anew;
  again.begins_again = true;
  RunDirectory::create(anew);
  EXPECT_THROW(RunDirectory::create(anew), CreateError);
  for (const char* name : {"a/metrics.jsonl", "a/log.txt", "a/.config.yaml.tmp-12"})
    folder.write(name, "");
  EXPECT_NO_THROW(RunDirectory::create(again));
  folder.write("a/mine.txt", "");
  EXPECT_THROW(RunDirectory::create(again), CreateError);
}

TEST(RunDirectory, FindsTheNewestAmongWhatIsLeft) {
  const TemporaryFolder folder;
  const RunDirectoryOptions options{.recipe = "recipes/small.yaml", .root = folder / "runs"};
  EXPECT_EQ(RunDirectory::newest(options), "");
  for (int i = 0; i < 11; ++i) RunDirectory::create(options);
  fs::remove_all(folder / "runs/small-1");
  fs::create_directories(folder / "runs/small-99x");
  EXPECT_EQ(RunDirectory::newest(options), folder / "runs/small-11");
}

}  // namespace
}  // namespace credence
