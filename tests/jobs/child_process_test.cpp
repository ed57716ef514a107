#include "credence/jobs/child_process.h"

#include <chrono>
#include <csignal>
#include <fstream>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "credence/base/errors.h"
#include "credence/jobs/marked_processes.h"

namespace credence {
namespace {

using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;
using testing::message_of;
using testing::TemporaryFolder;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::vector<std::string> shell(const std::string& text) {
  return {"sh", "-c", text};
}

/// The number that a shell has left in a file, once it has.
pid_t number_in(const std::filesystem::path& path) {
  for (int i = 0; i < 500; ++i) {
    std::ifstream file(path);
    pid_t number = 0;
    if (file >> number) return number;
    ::usleep(10'000);
  }
  return 0;
}

bool is_gone(pid_t id) {
  return process_state(id) == '\0' || process_state(id) == 'Z';
}

TEST(ChildProcess, TellsItsExitCodeAndWhatItWrote) {
  std::string output, errors;
  ChildProcess child({.command = shell("echo $A b; echo c >&2; exit 7"),
                      .environment = {{"A", "a value, of words"}},
                      .on_output = [&](std::string_view text) { output += text; },
                      .on_errors = [&](std::string_view text) { errors += text; }});
  const ChildEnd end = child.wait();
  EXPECT_EQ(end.exit_code, 7);
  EXPECT_EQ(end.code(), 7);
  EXPECT_EQ(output, "a value, of words b\n");
  EXPECT_EQ(errors, "c\n");
}

TEST(ChildProcess, TakesMoreThanAPipeHolds) {
  std::size_t bytes = 0;
  ChildProcess child({.command = {"head", "-c", "3000000", "/dev/zero"},
                      .on_output = [&](std::string_view text) { bytes += text.size(); }});
  EXPECT_EQ(child.wait().exit_code, 0);
  EXPECT_EQ(bytes, 3'000'000U);
}

TEST(ChildProcess, TellsTheSignalThatEndedIt) {
  ChildProcess child({.command = {"sleep", "60"}});
  EXPECT_FALSE(child.wait(0.05));
  child.signal(SIGKILL);
  const ChildEnd end = child.wait();
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(end.code(), 137);
}

TEST(ChildProcess, RunsInItsDirectoryWithoutInput) {
  const TemporaryFolder folder;
  std::string output;
  ChildProcess child({.command = shell("cat; pwd -P"),
                      .directory = folder.path().string(),
                      .on_output = [&](std::string_view text) { output += text; }});
  EXPECT_EQ(child.wait().exit_code, 0);
  EXPECT_EQ(output, std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST(ChildProcess, SaysWhatCannotBeStarted) {
  EXPECT_THAT(message_of<IoError>([&] { ChildProcess child({.command = {"no-such-program"}}); }),
              HasSubstr("no-such-program"));
  EXPECT_THAT(message_of<IoError>([&] {
                ChildProcess child({.command = {"true"}, .directory = "/proc/no-such-folder"});
              }),
              HasSubstr("No such file"));
}

TEST(ChildProcess, EndsWhatIsLeftOfIt) {
  const TemporaryFolder folder;
  const std::string file = (folder / "id").string();
  pid_t left = 0;
  {
    // In a session of its own, and its parent is gone.
    ChildProcess child(
        {.command = shell("setsid sh -c 'echo $$ >" + file + "; exec sleep 60' & exit 0")});
    EXPECT_EQ(child.wait().exit_code, 0);
    left = number_in(file);
    ASSERT_GT(left, 0);
    EXPECT_EQ(child.descendants(), std::vector{left});
  }
  EXPECT_TRUE(is_gone(left));
}

TEST(ChildProcess, EndsOneThatIsStoppedOrDeaf) {
  for (const char* const text : {"kill -STOP $$", "trap '' TERM; sleep 60; sleep 60"}) {
    const auto begin = Clock::now();
    ChildProcess child({.command = shell(text)});
    ::usleep(100'000);
    child.end(0.3);
    EXPECT_EQ(child.wait().signal, SIGKILL);
    EXPECT_LT(seconds_since(begin), 5) << text;
  }
}

TEST(ChildProcess, EndsWithTheOneThatStartedIt) {
  const TemporaryFolder folder;
  const pid_t parent = ::fork();
  if (parent == 0) {
    ChildProcess child(
        {.command = shell("echo $$ >" + (folder / "id").string() + "; exec sleep 60")});
    ::pause();
  }
  const pid_t child = number_in(folder / "id");
  ASSERT_GT(child, 0);
  ::kill(parent, SIGKILL);
  const auto begin = Clock::now();
  while (!is_gone(child) && seconds_since(begin) < 5) ::usleep(10'000);
  EXPECT_TRUE(is_gone(child));
  ::waitpid(parent, nullptr, 0);
}

}  // namespace
}  // namespace credence
