#include "credence/machine/output_place.h"

#include "support/temporary_folder.h"
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace credence {
namespace {

using credence::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FileSystem, IsThatOfTheDeepestMount) {
  const std::string mounts =
      "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
      "23 22 0:5 / /proc rw shared:4 - proc proc rw\n"
      "30 22 0:40 / /scratch rw shared:1 master:2 - lustre mds:/scratch rw\n"
      "31 30 0:41 / /scratch/my\\040runs rw - nfs4 server:/x rw\n"
      "32 30 0:42 / /scratch/twice rw - xfs /dev/a rw\n"
      "33 30 0:43 / /scratch/twice rw - tmpfs tmpfs rw\n";
  EXPECT_EQ(file_system_of("/home/me/runs", mounts), "ext4");
  EXPECT_EQ(file_system_of("/scratch", mounts), "lustre");
  EXPECT_EQ(file_system_of("/scratch/job/runs", mounts), "lustre");
  EXPECT_EQ(file_system_of("/scratches", mounts), "ext4");
  EXPECT_EQ(file_system_of("/scratch/my runs/3", mounts), "nfs4");
  EXPECT_EQ(file_system_of("/scratch/twice/x", mounts), "tmpfs");
  EXPECT_EQ(file_system_of("/home", ""), "");
}

TEST(OutputPlace, CanBeAFolderThatDoesNotExistYet) {
  const TemporaryFolder folder;
  for (const char* name : {"", "runs", "a/b/runs/"}) {
    const OutputPlace place = try_output(folder / name);
    EXPECT_EQ(place.problem, "") << name;
    EXPECT_GT(place.free_bytes, 0) << name;
    EXPECT_FALSE(place.file_system.empty()) << name;
  }
  EXPECT_EQ(try_output(folder / "a/b/runs/").path, folder / "a/b/runs");
  EXPECT_THAT(folder.names(), ElementsAre());
}

TEST(OutputPlace, CannotBeBelowAFile) {
  const TemporaryFolder folder;
  folder.write("file", "x");
  for (const char* name : {"file", "file/runs"})
    EXPECT_THAT(try_output(folder / name).problem, HasSubstr("file: not a directory")) << name;
}

TEST(OutputPlace, MustBeWritable) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0500);
  const OutputPlace place = try_output(folder / "runs");
  ::chmod(folder.path().c_str(), 0700);
  EXPECT_EQ(place.problem, folder.path().string() + ": Permission denied");
}

}  // namespace
}  // namespace credence
