#include "credence/records/mlflow_run.h"

#include <cmath>

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

namespace fs = std::filesystem;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class MlflowRunTest : public ::testing::Test {
 protected:
  MlflowOptions options() {
    return {.folder = folder_ / "mlruns",
            .experiment = "it's mine",
            .run_name = "mnist-1",
            .clock_ms = [this] { return now_ms_; }};
  }

  TemporaryFolder folder_;
  std::int64_t now_ms_ = 1'700'000'000'000;
};

TEST_F(MlflowRunTest, LaysFilesOutAsMlflowDoes) {
  MlflowRun run(options());
  EXPECT_THAT(run.path().filename().string(), MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(run.path().filename().string().size(), 32U);
  const std::string id = run.path().parent_path().filename().string();
  EXPECT_THAT(id, MatchesRegex("[1-9][0-9]+"));
  EXPECT_EQ(read_text(run.path().parent_path() / "meta.yaml"),
            "artifact_location: 'file://" + (folder_ / "mlruns").string() + "/" + id +
                "'\ncreation_time: 1700000000000\nexperiment_id: '" + id +
                "'\nlast_update_time: 1700000000000\nlifecycle_stage: active\n"
                "name: 'it''s mine'\n");
  EXPECT_THAT(read_text(folder_ / "mlruns/0/meta.yaml"), HasSubstr("\nname: 'Default'\n"));
  EXPECT_THAT(read_text(run.path() / "meta.yaml"),
              AllOf(HasSubstr("\nend_time: null\n"), HasSubstr("\nexperiment_id: '" + id + "'\n"),
                    HasSubstr("\nrun_name: 'mnist-1'\n"), HasSubstr("\nstatus: 1\n")));
  EXPECT_EQ(read_text(run.path() / "tags/mlflow.runName"), "mnist-1");
}

TEST_F(MlflowRunTest, WritesParametersAndMetrics) {
  MlflowRun run(options());
  const std::vector<Field> parameters{{"train.learning_rate", 0.001},
                                      {"seed", std::int64_t{3}},
                                      {"model.name", std::string("cnn")},
                                      {"odd:key", true},
                                      {"long", std::string(7000, 'x')}};
  run.write_parameters(parameters);
  EXPECT_EQ(read_text(run.path() / "params/train.learning_rate"), "0.001");
  EXPECT_EQ(read_text(run.path() / "params/seed"), "3");
  EXPECT_EQ(read_text(run.path() / "params/model.name"), "cnn");
  EXPECT_EQ(read_text(run.path() / "params/odd_key"), "true");
  EXPECT_EQ(read_text(run.path() / "params/long").size(), 6000U);
  run.write(10, {{"epoch/loss", 0.1}, {"epoch/nll", std::nan("")}});
  now_ms_ += 5;
  run.write(20, {{"epoch/loss", 1e-7}});
  EXPECT_EQ(read_text(run.path() / "metrics/epoch/loss"),
            "1700000000000 0.1 10\n1700000000005 1e-07 20\n");
  EXPECT_EQ(read_text(run.path() / "metrics/epoch/nll"), "1700000000000 nan 10\n");
}

TEST_F(MlflowRunTest, GoesOnInAnExperimentOfThatName) {
  fs::create_directories(folder_ / "mlruns/123456");
  for (const char* name : {"it's mine", "'it''s mine'", "\"it's mine\""}) {
    testing::write_text(folder_ / "mlruns/123456/meta.yaml",
                        concat("experiment_id: '123456'\nname: ", name, "\n"));
    EXPECT_EQ(MlflowRun(options()).path().parent_path(), folder_ / "mlruns/123456") << name;
  }
  const MlflowRun first(options()), second(options());
  EXPECT_NE(first.path(), second.path());
}

TEST_F(MlflowRunTest, MakesOneExperimentOfOneName) {
  const MlflowRun first(options()), second(options());
  EXPECT_EQ(first.path().parent_path(), second.path().parent_path());
  MlflowOptions other = options();
  other.experiment = "another";
  EXPECT_NE(MlflowRun(other).path().parent_path(), first.path().parent_path());
}

TEST_F(MlflowRunTest, IsKilledWhereASignalHasEndedIt) {
  std::filesystem::path path;
  {
    MlflowRun run(options());
    path = run.path();
    run.end_as_killed();
  }
  EXPECT_THAT(read_text(path / "meta.yaml"), HasSubstr("status: 5\n"));
}

TEST_F(MlflowRunTest, EndsOrFails) {
  fs::path finished, failed;
  {
    MlflowRun first(options()), second(options());
    finished = first.path() / "meta.yaml";
    failed = second.path() / "meta.yaml";
    now_ms_ += 1;
    first.add_artifact(folder_.write("summary.json", "{}"));
    first.add_artifact(folder_ / "none.json");
    first.finish();
    now_ms_ += 1;
  }
  EXPECT_THAT(read_text(finished),
              AllOf(HasSubstr("\nstatus: 3\n"), HasSubstr("\nend_time: 1700000000001\n")));
  EXPECT_THAT(read_text(failed),
              AllOf(HasSubstr("\nstatus: 4\n"), HasSubstr("\nend_time: 1700000000002\n")));
  EXPECT_EQ(read_text(finished.parent_path() / "artifacts/summary.json"), "{}");
}

TEST_F(MlflowRunTest, RefusesAFolderThatCannotBeMade) {
  MlflowOptions impossible = options();
  impossible.folder = folder_.write("file", "") / "mlruns";
  EXPECT_THROW(MlflowRun{impossible}, CreateError);
}

}  // namespace
}  // namespace credence
