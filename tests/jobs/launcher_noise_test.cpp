#include "credence/jobs/launcher_noise.h"

#include <gtest/gtest.h>

namespace credence {
namespace {

const std::string rule(74, '-');

const std::string open_mpi =
    rule + "\nPrimary job  terminated normally, but 1 process returned\na non-zero exit code.\n" +
    rule + "\n" + rule +
    "\nmpirun noticed that process rank 2 with PID 0 on node vm exited on signal 9 (Killed).\n" +
    rule + "\n";

TEST(LauncherNoise, TakesTheWordsOfOpenMpiOut) {
  LauncherNoise noise;
  EXPECT_EQ(noise.pass("credence: a message\n" + open_mpi + "another\n"),
            "credence: a message\nanother\n");
  EXPECT_EQ(noise.finish(), "");
  ASSERT_TRUE(noise.fate());
  EXPECT_EQ(noise.fate()->rank, 2);
  EXPECT_EQ(noise.fate()->signal, 9);
  EXPECT_EQ(noise.held(), open_mpi);
}

TEST(LauncherNoise, DoesNotMindHowItIsCut) {
  const std::string text = "one\n" + open_mpi + "two";
  for (std::size_t length : {1, 7, 75}) {
    LauncherNoise noise;
    std::string passed;
    for (std::size_t begin = 0; begin < text.size(); begin += length)
      passed += noise.pass(std::string_view(text).substr(begin, length));
    EXPECT_EQ(passed + noise.finish(), "one\ntwo") << length;
    EXPECT_EQ(noise.fate()->rank, 2);
  }
}

TEST(LauncherNoise, PassesOnWhatIsNotCompleteAtOnce) {
  LauncherNoise noise;
  EXPECT_EQ(noise.pass("\repoch 1/5"), "\repoch 1/5");
  EXPECT_EQ(noise.pass("\repoch 2/5"), "\repoch 2/5");
  EXPECT_EQ(noise.pass(" -----\n-"), " -----\n");  // the last may be the beginning of a rule
  EXPECT_EQ(noise.pass("1\n"), "-1\n");
}

TEST(LauncherNoise, PassesOnOtherBlocksAndTables) {
  const std::string block = rule + "\nWARNING: no network was found\n" + rule + "\n";
  LauncherNoise noise;
  EXPECT_EQ(noise.pass(block), block);
  EXPECT_EQ(noise.pass(rule + "\na\n"), "");
  EXPECT_EQ(noise.finish(), rule + "\na\n");
  EXPECT_FALSE(noise.fate());
}

TEST(LauncherNoise, UnderstandsMpichAndSlurm) {
  LauncherNoise mpich;
  EXPECT_EQ(mpich.pass(std::string(83, '=') +
                       "\n=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES\n"
                       "=   PID 7 RUNNING AT vm\n=   EXIT CODE: 9\nloss 1\n"
                       "YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Killed (signal 9)\n"),
            "loss 1\n");
  LauncherNoise slurm;
  EXPECT_EQ(slurm.pass("srun: error: node3: task 5: Killed\nsrun: Job step aborted\nloss 1\n"),
            "loss 1\n");
  ASSERT_TRUE(slurm.fate());
  EXPECT_EQ(slurm.fate()->rank, 5);
  EXPECT_EQ(slurm.fate()->signal, 9);
}

TEST(LauncherNoise, HearsOfAHostThatIsLost) {
  LauncherNoise noise;
  noise.pass(rule +
             "\nORTE has lost communication with a remote daemon.\n\n"
             "  HNP daemon   : [[1,0],0] on node a\n  Remote daemon: [[1,0],1] on node b\n" +
             rule + "\n");
  ASSERT_TRUE(noise.fate());
  EXPECT_EQ(noise.fate()->host, "b");
}

}  // namespace
}  // namespace credence
