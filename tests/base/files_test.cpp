#include "credence/base/files.h"

#include <csignal>
#include <fstream>
#include <future>

#include "support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

/// Lets no file of this process grow beyond `bytes`, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

/// Longer than the blocks that files are read in, and not a multiple of them.
std::string long_text() {
  std::string text;
  while (text.size() < 2'500'000) text += "line " + std::to_string(text.size()) + "\n";
  text[1000] = '\0';
  return text;
}

TEST(Files, ReadBackWhatWasWritten) {
  const TemporaryFolder folder;
  for (const std::string& text : {std::string(), std::string("a\0b", 3), long_text()}) {
    write_file(folder / "file", text);
    EXPECT_EQ(read_file(folder / "file"), text);
  }
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(Files, ReadFilesWhoseSizeTheSystemDoesNotTell) {
  EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Pid:"));
}

TEST(Files, HashWholeFiles) {
  const TemporaryFolder folder;
  write_file(folder / "abc", "abc");
  EXPECT_EQ(sha256_of_file(folder / "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string text = long_text();
  write_file(folder / "long", text);
  Sha256 digest;
  digest.update(text);
  EXPECT_EQ(sha256_of_file(folder / "long"), digest.hex());
}

TEST(Files, NameTheFileThatCannotBeRead) {
  const TemporaryFolder folder;
  const auto missing = AllOf(HasSubstr("nowhere"), HasSubstr("No such file or directory"));
  EXPECT_THAT([&] { read_file(folder / "nowhere"); }, ThrowsMessage<IoError>(missing));
  EXPECT_THAT([&] { sha256_of_file(folder / "nowhere"); }, ThrowsMessage<IoError>(missing));
  EXPECT_THAT([&] { read_file(folder.path()); },
              ThrowsMessage<IoError>(HasSubstr("Is a directory")));
}

TEST(AtomicFile, ShowsNothingBeforeItsCommit) {
  const TemporaryFolder folder;
  write_file(folder / "file", "old");
  {
    AtomicFile file(folder / "file");
    file.write("new");
    EXPECT_EQ(read_file(folder / "file"), "old");
    file.commit();
    EXPECT_EQ(read_file(folder / "file"), "new");
  }
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(AtomicFile, WithoutCommitLeavesWhatWasThere) {
  const TemporaryFolder folder;
  write_file(folder / "file", "old");
  AtomicFile(folder / "file").write("new");
  AtomicFile(folder / "other").write("new");
  EXPECT_EQ(read_file(folder / "file"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(AtomicFile, TwoWritersDoNotMix) {
  const TemporaryFolder folder;
  AtomicFile first(folder / "file"), second(folder / "file");
  first.write("first");
  second.write("second");
  first.commit();
  second.commit();
  EXPECT_EQ(read_file(folder / "file"), "second");
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(AtomicFile, HonoursTheUmask) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  write_file(folder / "file", "x");
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat((folder / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(AtomicFile, WritesToTheWorkingDirectory) {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_file("bare", "x");
  std::filesystem::current_path(before);
  EXPECT_THAT(folder.names(), ElementsAre("bare"));
}

TEST(Files, ThatASystemDoesNotHaveAreEmpty) {
  const TemporaryFolder folder;
  write_file(folder / "file", "x\n");
  EXPECT_EQ(read_file_if_any(folder / "file"), "x\n");
  EXPECT_EQ(read_file_if_any(folder / "none"), "");
  EXPECT_EQ(read_file_if_any(folder.path()), "");
  EXPECT_FALSE(read_file_if_any("/proc/self/status").empty());  // its size is said to be 0
}

TEST(AtomicFile, SaysWhyItCannotBeCreated) {
  const TemporaryFolder folder;
  write_file(folder / "file", "x");
  EXPECT_THAT([&] { AtomicFile file(folder / "no" / "file"); },
              ThrowsMessage<CreateError>(
                  AllOf(HasSubstr("no/file"), HasSubstr("No such file or directory"))));
  EXPECT_THAT([&] { AtomicFile file(folder / "file" / "x"); },
              ThrowsMessage<CreateError>(HasSubstr("Not a directory")));
}

TEST(AtomicFile, DoesNotReplaceADirectory) {
  const TemporaryFolder folder;
  make_directories(folder / "taken" / "deep");
  EXPECT_THAT([&] { write_file(folder / "taken", "x"); },
              ThrowsMessage<CreateError>(HasSubstr("Is a directory")));
  EXPECT_THAT(folder.names(), ElementsAre("taken"));
}

TEST(RequireCreatable, TellsBeforehand) {
  const TemporaryFolder directory;
  std::filesystem::create_directory(directory / "folder");
  write_file(directory / "file", "mine");
  require_creatable(directory / "new");
  require_creatable(directory / "file");
  EXPECT_EQ(read_file(directory / "file"), "mine");
  EXPECT_FALSE(std::filesystem::exists(directory / "new"));
  EXPECT_THAT([&] { require_creatable(directory / "folder"); },
              ThrowsMessage<CreateError>(HasSubstr("is a directory")));
  EXPECT_THAT([&] { require_creatable(directory / "file/new"); },
              ThrowsMessage<CreateError>(HasSubstr("Not a directory")));
}

TEST(AtomicFile, AFullDiskIsAnIoErrorAndLeavesNothing) {
  const TemporaryFolder folder;
  const std::string text(10'000, 'x');
  const FileSizeLimit limit(4'000);
  EXPECT_THAT([&] { write_file(folder / "file", text); },
              ThrowsMessage<IoError>(AllOf(HasSubstr("file"), HasSubstr("File too large"))));
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(AtomicFile, ReplacesWhatALinkPointsTo) {
  const TemporaryFolder folder;
  make_directories(folder / "far");
  write_file(folder / "far" / "file", "old");
  std::filesystem::create_symlink("far/file", folder / "second");
  std::filesystem::create_symlink(folder / "second", folder / "first");
  std::filesystem::create_symlink("far/new", folder / "dangling");
  for (const char* name : {"first", "second", "dangling"}) {
    SCOPED_TRACE(name);
    require_creatable(folder / name);
    write_file(folder / name, name);
    EXPECT_TRUE(std::filesystem::is_symlink(folder / name));
    EXPECT_EQ(read_file(folder / name), name);
  }
  EXPECT_EQ(read_file(folder / "far" / "file"), "second");
  EXPECT_EQ(read_file(folder / "far" / "new"), "dangling");
  EXPECT_THAT(folder.names(), ElementsAre("dangling", "far", "first", "second"));
}

TEST(AtomicFile, RefusesLinksThatLeadNowhere) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("circle", folder / "circle");
  std::filesystem::create_symlink("no/file", folder / "lost");
  std::filesystem::create_directory(folder / "taken");
  std::filesystem::create_symlink("taken", folder / "to_folder");
  EXPECT_THAT([&] { write_file(folder / "circle", "x"); },
              ThrowsMessage<CreateError>(HasSubstr("circle: cannot create: Too many levels")));
  EXPECT_THAT([&] { write_file(folder / "lost", "x"); },
              ThrowsMessage<CreateError>(HasSubstr("lost: cannot create: No such file")));
  EXPECT_THAT([&] { write_file(folder / "to_folder", "x"); },
              ThrowsMessage<CreateError>(HasSubstr("Is a directory")));
  EXPECT_THAT(folder.names(), ElementsAre("circle", "lost", "taken", "to_folder"));
}

TEST(AtomicFile, WritesThroughAFifo) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  std::filesystem::create_symlink("fifo", folder / "link");
  require_creatable(folder / "fifo");  // would wait for a reader if it opened it
  const std::string text = long_text();
  for (const char* name : {"fifo", "link"}) {
    SCOPED_TRACE(name);
    auto got = std::async(std::launch::async, [&] { return read_file(folder / "fifo"); });
    write_file(folder / name, text);
    EXPECT_TRUE(std::filesystem::is_fifo(folder / "fifo"));
    EXPECT_EQ(got.get(), text);
  }
  EXPECT_THAT(folder.names(), ElementsAre("fifo", "link"));
}

TEST(AtomicFile, WritesThroughADevice) {
  const TemporaryFolder folder;
  const std::filesystem::path device = folder / "full";
  if (::mknod(device.c_str(), S_IFCHR | 0600, makedev(1, 7)) != 0)
    GTEST_SKIP() << "no devices can be made here";
  if (!std::ofstream(device)) GTEST_SKIP() << "devices cannot be opened here";
  require_creatable(device);
  EXPECT_THAT([&] { write_file(device, "x"); },
              ThrowsMessage<IoError>(HasSubstr("full: cannot write: No space left on device")));
  EXPECT_TRUE(std::filesystem::is_character_file(device));
  EXPECT_THAT(folder.names(), ElementsAre("full"));
}

TEST(MakeDirectories, MakesAllAndSaysWhyNot) {
  const TemporaryFolder folder;
  make_directories(folder / "a" / "b");
  make_directories(folder / "a" / "b");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a" / "b"));
  write_file(folder / "file", "x");
  EXPECT_THAT([&] { make_directories(folder / "file" / "c"); },
              ThrowsMessage<CreateError>(HasSubstr("Not a directory")));
}

}  // namespace
}  // namespace credence
