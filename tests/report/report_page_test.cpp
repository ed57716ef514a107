#include "credence/report/report_page.h"

#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "credence/report/page_files.h"
#include "credence/report/report_json.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TemporaryFolder;

using Json = nlohmann::json;

ReportedRun small_run() {
  ReportedRun run{.name = "</script><b>", .path = "runs/x", .config = "seed: 1\n"};
  run.environment = R"({"cpu":"one"})";
  run.test = {{"accuracy", 0.98765432}, {"nll", NAN}};
  run.curves.by_epoch = {{.name = "loss", .epochs = {1, 2}, .values = {0.5, 0.25}}};
  ClassificationFigures figures{.examples = 1, .labels = {"a", "b"}, .confusion = {{1, 0}, {0, 0}}};
  figures.most_uncertain = {
      {.index = 4,
       .image = {.height = 1, .width = 5, .channels = 1, .pixels = {77, 97, 110, 255, 0}}}};
  run.classification = figures;
  return run;
}

Json json_of(const ReportedRun& run) {
  return Json::parse(report_json(std::vector<ReportedRun>{run}))["runs"][0];
}

TEST(ReportJson, RoundsFiguresAndLeavesOutWhatIsNone) {
  const Json json = json_of(small_run());
  EXPECT_EQ(json["test"]["accuracy"], 0.98765);
  EXPECT_TRUE(json["test"]["nll"].is_null());
  EXPECT_EQ(json["environment"]["cpu"], "one");
  EXPECT_TRUE(json["summary"].is_null());
  EXPECT_THAT(json["by_epoch"][0]["values"], ElementsAre(0.5, 0.25));
}

TEST(ReportJson, TellsHowFarARunHasCome) {
  ReportedRun run = small_run();
  run.course.add(R"({"event":"header","model":"cnn","dataset":"digits","epochs":3,)"
                 R"("steps_per_epoch":100})");
  run.course.add(R"({"event":"step","epoch":2,"step":150,"loss":1})");
  const Json course = json_of(run)["course"];
  EXPECT_EQ(course["model"], "cnn");
  EXPECT_EQ(course["epoch"], 2);
  EXPECT_EQ(course["step"], 150);
  EXPECT_EQ(course["steps"], 300);
}

TEST(ReportJson, HoldsPicturesInBase64) {
  EXPECT_EQ(json_of(small_run())["classification"]["most_uncertain"][0]["image"]["pixels"],
            "TWFu/wA=");
}

TEST(ReportJson, ShowsConfusionOfManyClassesAsAList) {
  ReportedRun run = small_run();
  auto& figures = *run.classification;
  figures.labels.assign(40, "x");
  figures.confusion.assign(40, std::vector<std::int64_t>(40));
  figures.confusion[3][5] = 2;
  figures.confusion[3][6] = 9;
  figures.confusion[7][7] = 50;
  const Json json = json_of(run)["classification"];
  EXPECT_TRUE(json["confusion"].is_null());
  ASSERT_THAT(json["confusions"], SizeIs(2));
  EXPECT_EQ(json["confusions"][0]["predicted"], 6);
}

TEST(ReportJson, HasFewerPointsOfMoreRuns) {
  ReportedRun run;
  run.curves.by_step = {{.name = "loss"}};
  for (int i = 0; i < 5000; ++i) {
    run.curves.by_step[0].epochs.push_back(i);
    run.curves.by_step[0].values.push_back(i);
  }
  const auto points = [&](std::size_t runs) {
    const Json json = Json::parse(report_json(std::vector<ReportedRun>(runs, run)));
    return json["runs"][0]["by_step"][0]["values"].size();
  };
  EXPECT_EQ(points(1), 600U);
  EXPECT_EQ(points(4), 150U);
}

TEST(ReportPage, CarriesAllThatItNeedsAndNoTagOfItsFigures) {
  const std::vector<ReportedRun> runs{small_run()};
  const std::string page = report_page(runs);
  EXPECT_THAT(page, HasSubstr("Chart.js v3"));
  EXPECT_THAT(page, HasSubstr(page_files().script));
  EXPECT_THAT(page, HasSubstr(page_files().style));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, HasSubstr("<title>&lt;/script>&lt;b> - Credence</title>"));
  EXPECT_LT(page.size(), 400'000U);
}

TEST(ReportPage, HasScriptsThatDoNotEndTheirTag) {
  for (const std::string_view text : {page_files().script, page_files().charts})
    EXPECT_EQ(text.find("</script"), std::string_view::npos);
}

TEST(ReportedRun, IsReadFromWhatThereIs) {
  const TemporaryFolder folder;
  folder.write("config.yaml", "seed: 4\n");
  folder.write("metrics.jsonl", "{\"event\":\"epoch\",\"epoch\":1,\"step\":3,\"loss\":2}\n");
  folder.write("histograms.jsonl",
               "{\"epoch\":1,\"step\":3,\"layer\":\"a.weight\",\"quantity\":\"mu\",\"edges\":[0,1],"
               "\"counts\":[5]}\n");
  const ReportedRun run = read_reported_run(RunDirectory::open(folder.path()));
  EXPECT_EQ(run.name, folder.path().filename());
  EXPECT_EQ(run.config, "seed: 4\n");
  EXPECT_THAT(run.curves.by_epoch, SizeIs(1));
  EXPECT_THAT(run.histograms, SizeIs(1));
  EXPECT_EQ(run.course.step, 3);
  EXPECT_FALSE(run.summary.has_value());
  EXPECT_THAT(run.notes, IsEmpty());  // that it is not complete is no fault
}

}  // namespace
}  // namespace credence
