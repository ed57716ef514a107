#include "credence/records/environment.h"

#include <cstdlib>
#include <cstring>

#include "support/temporary_folder.h"
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>

namespace credence {
namespace {

using ::testing::MatchesRegex;

TEST(Environment, DescribesBuildLibrariesAndMachine) {
  const auto json =
      nlohmann::json::parse(environment_json({.command_line = {"credence", "train", "a b.yaml"},
                                              .hosts = {"node1", "node1", "node2"},
                                              .oversubscribed = {"node1 is full"},
                                              .mpi_library = "Open MPI v4.1.4"}));
  EXPECT_THAT(json.at("version").get<std::string>(), MatchesRegex("[0-9.]+"));
  EXPECT_THAT(json.at("libraries").at("openmp").get<std::string>(), MatchesRegex("[0-9.]+"));
  EXPECT_EQ(json.at("libraries").at("mpi"), "Open MPI v4.1.4");
  EXPECT_EQ(json.at("command_line"), (nlohmann::json{"credence", "train", "a b.yaml"}));
  EXPECT_EQ(json.at("hosts"), (nlohmann::json{"node1", "node1", "node2"}));
  EXPECT_EQ(json.at("oversubscribed"), nlohmann::json::array({"node1 is full"}));
  EXPECT_FALSE(json.at("compiler").get<std::string>().empty());
  EXPECT_FALSE(json.at("cpu").get<std::string>().empty());
  EXPECT_FALSE(json.at("os").get<std::string>().empty());
  EXPECT_FALSE(json.at("simd").at("processor").empty());
  EXPECT_GE(json.at("numa_nodes").get<int>(), 1);
  EXPECT_TRUE(json.contains("cpu_quota") && json.contains("memory_limit_bytes"));
  EXPECT_GE(json.at("available_cores").get<int>(), 1);
  EXPECT_GE(json.at("cores").get<int>(), json.at("available_cores").get<int>());
  EXPECT_GT(json.at("memory_bytes").get<std::int64_t>(), std::int64_t{1} << 26);
  EXPECT_THAT(json.at("time").get<std::string>(),
              MatchesRegex("20[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+Z"));
  EXPECT_TRUE(json.contains("git") && json.contains("flags"));
}

TEST(Environment, SaysThatThereIsNoMpi) {
  EXPECT_TRUE(nlohmann::json::parse(environment_json({})).at("libraries").at("mpi").is_null());
}

TEST(Environment, NamesTheLibrariesItWasBuiltWith) {
  const auto libraries = nlohmann::json::parse(environment_json({})).at("libraries");
  for (const char* name : {"yaml-cpp", "spdlog", "zlib", "openssl", "curl", "nlohmann_json"})
    EXPECT_THAT(libraries.at(name).get<std::string>(), MatchesRegex("[0-9]+\\.[0-9a-z.]+")) << name;
}

TEST(Environment, DigestsDataFiles) {
  const credence::testing::TemporaryFolder folder;
  const auto file = folder.write("data.txt", "abc");
  const auto files = nlohmann::json::parse(
      environment_json({.data_files = {folder / "." / "data.txt", folder / "none"}}))["data_files"];
  EXPECT_EQ(files,
            (nlohmann::json{
                {{"path", file.string()},
                 {"bytes", 3},
                 {"sha256",  // FIPS 180-2, appendix B.1
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}},
                {{"path", (folder / "none").string()}, {"bytes", nullptr}, {"sha256", nullptr}}}));
}

TEST(Environment, ListsTheVariablesThatMatterAndHidesSecrets) {
  ::setenv("OMP_PROC_BIND", "close", 1);
  ::setenv("CREDENCE_TEST_VARIABLE", "a=b", 1);
  ::setenv("SLURM_JWT", "secret-value", 1);
  ::setenv("SOME_OTHER_VARIABLE", "x", 1);
  const std::string text = environment_json({});
  for (const char* name : {"CREDENCE_TEST_VARIABLE", "SLURM_JWT", "SOME_OTHER_VARIABLE"})
    ::unsetenv(name);
  const auto variables = nlohmann::json::parse(text).at("variables");
  EXPECT_EQ(variables.at("OMP_PROC_BIND"), "close");
  EXPECT_EQ(variables.at("CREDENCE_TEST_VARIABLE"), "a=b");
  EXPECT_EQ(variables.at("SLURM_JWT"), "(hidden)");
  EXPECT_FALSE(variables.contains("SOME_OTHER_VARIABLE"));
  EXPECT_EQ(text.find("secret-value"), std::string::npos);
}

TEST(PeakRss, GrowsWithTheMemoryUsed) {
  constexpr std::size_t bytes = 64 << 20;
  const std::int64_t before = peak_rss_bytes();
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, bytes);
  const std::int64_t after = peak_rss_bytes();
  ::munmap(memory, bytes);
  EXPECT_GT(before, 1 << 20);
  EXPECT_GE(after - before, static_cast<std::int64_t>(bytes) / 2);
  EXPECT_LT(after - before, 2 * static_cast<std::int64_t>(bytes));
}

}  // namespace
}  // namespace credence
