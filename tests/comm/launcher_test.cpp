#include "credence/comm/launcher.h"

#include <cstdlib>

#include "support/errors.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const char* const variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};

std::string refusal(const std::string& library) {
  return testing::message_of<CommError>([&] { check_launcher(1, library); });
}

TEST(Launcher, TellsRanksThatTheLibraryDoesNotSee) {
  for (const char* variable : variables) unsetenv(variable);
  EXPECT_EQ(find_launcher().ranks, 1);
  EXPECT_EQ(find_launcher().name, "");
  EXPECT_NO_THROW(check_launcher(1, "none"));
  for (const char* variable : variables) {
    SCOPED_TRACE(variable);
    const std::string name = variable == variables[2] ? "srun" : "mpirun";
    setenv(variable, "1", 1);
    EXPECT_NO_THROW(check_launcher(1, "none"));
    setenv(variable, "4", 1);
    EXPECT_EQ(find_launcher().ranks, 4);
    EXPECT_EQ(find_launcher().name, name);
    EXPECT_THAT(refusal("none"), StartsWith(name + " started 4 ranks, but this build has no MPI"));
    EXPECT_THAT(refusal("MPICH"), AllOf(StartsWith(name + " started 4 ranks"),
                                        HasSubstr("this program's MPI (MPICH) sees one")));
    EXPECT_NO_THROW(check_launcher(4, "MPICH"));
    unsetenv(variable);
  }
}

TEST(Launcher, IsSrunWhereSlurmTellsTheSameByPmi2) {
  setenv("SLURM_STEP_NUM_TASKS", "4", 1);
  setenv("PMI_SIZE", "4", 1);
  EXPECT_EQ(find_launcher().name, "srun");
  EXPECT_EQ(find_launcher().ranks, 4);
  for (const char* variable : variables) unsetenv(variable);
}

TEST(Launcher, OfTheRanksGoesBeforeTheOneAround) {
  setenv("SLURM_STEP_NUM_TASKS", "2", 1);  // mpirun's daemons on two nodes
  setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
  EXPECT_EQ(find_launcher().name, "mpirun");
  EXPECT_NO_THROW(check_launcher(1, "Open MPI"));
  for (const char* variable : variables) unsetenv(variable);
}

TEST(Launcher, KeepsWhatTheUserSet) {
  setenv("OMPI_MCA_ess_singleton_isolated", "0", 1);
  set_mpi_defaults();
  EXPECT_STREQ(std::getenv("OMPI_MCA_ess_singleton_isolated"), "0");
  unsetenv("OMPI_MCA_ess_singleton_isolated");
  set_mpi_defaults();
  EXPECT_STREQ(std::getenv("OMPI_MCA_ess_singleton_isolated"), "1");
}

}  // namespace
}  // namespace credence
