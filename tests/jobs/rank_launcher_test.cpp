#include "credence/jobs/rank_launcher.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::Not;
using testing::TemporaryFolder;

using Words = std::vector<std::string>;

/// Sets variables as long as it lives; null takes one away.
class Variables {
 public:
  explicit Variables(const std::map<std::string, const char*>& values) {
    for (const auto& [name, value] : values) {
      const char* const before = std::getenv(name.c_str());
      before_[name] = before == nullptr ? nullptr : std::make_unique<std::string>(before);
      set(name, value);
    }
  }
  ~Variables() {
    for (const auto& [name, value] : before_) set(name, value ? value->c_str() : nullptr);
  }

 private:
  static void set(const std::string& name, const char* value) {
    if (value == nullptr) {
      ::unsetenv(name.c_str());
    } else {
      ::setenv(name.c_str(), value, 1);
    }
  }
  std::map<std::string, std::unique_ptr<std::string>> before_;
};

bool has_run(const Words& words, const Words& part) {
  return !std::ranges::search(words, part).empty();
}

/// A program that says so of itself.
void write_program(const TemporaryFolder& folder, const std::string& name,
                   const std::string& says) {
  const auto path = folder.write(name, "#!/bin/sh\necho '" + says + "'\n");
  ::chmod(path.c_str(), 0755);
}

const std::string open_mpi_says = "mpirun (Open MPI) 4.1.4";
const std::string mpich_says = "HYDRA build details:";

const RanksToLaunch job{.ranks = 3,
                        .hosts = {{"a", 2}, {"b", 1}},
                        .bind_to = "core",
                        .environment = {{"CREDENCE_X", "1,2"}},
                        .options = {"--more"},
                        .command = {"credence", "train"}};

TEST(RankLauncher, ReadsHosts) {
  EXPECT_THAT(parse_hosts("a"), ElementsAre(HostRanks{"a", 1}));
  EXPECT_THAT(parse_hosts("a:2,b:10,a"), ElementsAre(HostRanks{"a", 3}, HostRanks{"b", 10}));
  for (const char* const text : {"", "a,", "a:", "a:0", "a:x", ":2", "a:2:3", "-x", "a:99999999"})
    EXPECT_THAT(message_of<UsageError>([&] { parse_hosts(text); }), HasSubstr("a:2,b:4"));
}

TEST(RankLauncher, OfOpenMpi) {
  const Variables variables({{"CREDENCE_DATA_DIR", "/data"}, {"CREDENCE_X", "0"}});
  const Words words = launch_command({.kind = LauncherKind::open_mpi, .program = "mpirun"}, job);
  EXPECT_EQ(words.front(), "mpirun");
  for (const Words& part : {Words{"-np", "3"}, Words{"--host", "a:2,b:1"}, Words{"--oversubscribe"},
                            Words{"--bind-to", "core"}, Words{"-x", "CREDENCE_DATA_DIR"},
                            Words{"-x", "CREDENCE_X=1,2"}, Words{"--more", "credence", "train"}})
    EXPECT_TRUE(has_run(words, part)) << part.back();
  EXPECT_THAT(words, Not(Contains("CREDENCE_X")));  // which is set
  EXPECT_EQ(std::ranges::count(words, "--allow-run-as-root"), ::geteuid() == 0 ? 1 : 0);
}

TEST(RankLauncher, OfMpich) {
  const Words words = launch_command({.kind = LauncherKind::mpich, .program = "mpiexec"}, job);
  EXPECT_THAT(words, ElementsAre("mpiexec", "-n", "3", "-hosts", "a:2,b:1", "-bind-to", "core",
                                 "-genv", "CREDENCE_X", "1,2", "--more", "credence", "train"));
}

TEST(RankLauncher, OfSlurm) {
  const Variables variables({{"SLURM_CPUS_PER_TASK", "4"}, {"SLURM_MPI_TYPE", nullptr}});
  const Words words =
      launch_command({.kind = LauncherKind::srun, .program = "srun", .mpi_type = "pmix"}, job);
  EXPECT_THAT(words, ElementsAre("srun", "--ntasks=3", "--kill-on-bad-exit=1", "--mpi=pmix",
                                 "--cpus-per-task=4", "--distribution=arbitrary",
                                 "--nodelist=a,a,b", "--cpu-bind=cores", "--export=ALL", "--more",
                                 "env", "CREDENCE_X=1,2", "credence", "train"));
}

TEST(RankLauncher, IsThatOfTheLibrary) {
  const TemporaryFolder folder;
  write_program(folder, "mpirun", mpich_says);
  write_program(folder, "mpirun.openmpi", open_mpi_says);
  const Variables variables(
      {{"PATH", (folder.path().string() + ":/usr/bin:/bin").c_str()}, {"SLURM_JOB_ID", nullptr}});
  const RankLauncher mpich = find_rank_launcher("MPICH Version 4.0.2");
  EXPECT_EQ(mpich.kind, LauncherKind::mpich);
  EXPECT_EQ(mpich.program, (folder / "mpirun").string());
  const RankLauncher open_mpi = find_rank_launcher("Open MPI v4.1.4");
  EXPECT_EQ(open_mpi.kind, LauncherKind::open_mpi);
  EXPECT_THAT(open_mpi.program, Not((folder / "mpirun").string()));
  EXPECT_THAT(message_of<CommError>(
                  [&] { find_rank_launcher("Open MPI v4.1.4", (folder / "mpirun").string()); }),
              HasSubstr("belongs to MPICH"));
}

TEST(RankLauncher, IsSrunInsideAnAllocation) {
  const TemporaryFolder folder;
  write_program(folder, "srun", "slurm 22.05");
  const Variables variables(
      {{"PATH", (folder.path().string() + ":/usr/bin:/bin").c_str()}, {"SLURM_JOB_ID", "7"}});
  EXPECT_EQ(find_rank_launcher("Open MPI v4.1.4").mpi_type, "pmix");
  EXPECT_EQ(find_rank_launcher("MPICH Version 4.0.2").mpi_type, "pmi2");
  EXPECT_EQ(find_rank_launcher("Open MPI v4.1.4").program, (folder / "srun").string());
}

TEST(RankLauncher, IsMissedWithOneMessage) {
  const TemporaryFolder folder;
  const Variables variables({{"PATH", folder.path().c_str()}, {"SLURM_JOB_ID", nullptr}});
  EXPECT_THAT(message_of<CommError>([&] { find_rank_launcher("Open MPI v4.1.4"); }),
              HasSubstr("there is no mpirun"));
  EXPECT_THAT(message_of<CommError>([&] { find_rank_launcher("Open MPI v4.1.4", "srun"); }),
              HasSubstr("srun"));
  EXPECT_THAT(message_of<CommError>([&] { find_rank_launcher("none"); }), HasSubstr("no MPI"));
}

}  // namespace
}  // namespace credence
