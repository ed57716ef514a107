#include "credence/comm/launcher.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

TEST(Launcher, TellsRanksThatTheLibraryDoesNotSee) {
  unsetenv("PMI_SIZE");
  unsetenv("OMPI_COMM_WORLD_SIZE");
  EXPECT_EQ(launched_ranks(), 1);
  EXPECT_NO_THROW(check_launcher(1, "none"));
  setenv("PMI_SIZE", "4", 1);
  EXPECT_EQ(launched_ranks(), 4);
  EXPECT_THROW(check_launcher(1, "none"), CommError);
  EXPECT_NO_THROW(check_launcher(4, "MPICH"));
  unsetenv("PMI_SIZE");
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
