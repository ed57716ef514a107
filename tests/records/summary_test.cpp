#include "credence/records/summary.h"

#include <cmath>
#include <limits>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "credence/base/errors.h"

namespace credence {
namespace {

using credence::testing::message_of;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using credence::testing::write_text;
using ::testing::AllOf;
using ::testing::HasSubstr;

Summary example() {
  Summary summary;
  summary.model = "cnn";
  summary.dataset = "digits";
  summary.seed = 18446744073709551615U;
  summary.ranks = 2;
  summary.threads_per_rank = 4;
  summary.parameters = 62938;
  summary.epochs = 5;
  summary.steps = 4690;
  summary.train_seconds = 12.5;
  summary.samples_per_sec = 24000.1;
  summary.peak_rss_bytes = 5'000'000'000;
  summary.weights_sha256 = "abc";
  summary.test = {{"accuracy", 0.98}, {"nll", std::numeric_limits<double>::quiet_NaN()}};
  return summary;
}

TEST(Summary, HasItsKeysInOrder) {
  const TemporaryFolder directory;
  write_summary(directory / "summary.json", example());
  const auto json = nlohmann::ordered_json::parse(read_text(directory / "summary.json"));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, ::testing::ElementsAre("version", "model", "dataset", "seed", "ranks",
                                           "threads_per_rank", "device", "parameters", "epochs",
                                           "steps", "train_seconds", "samples_per_sec",
                                           "peak_rss_bytes", "weights_sha256", "test"));
  EXPECT_EQ(json["test"].dump(), "{\"accuracy\":0.98,\"nll\":null}");
}

TEST(Summary, ReadsBackWhatWasWritten) {
  const TemporaryFolder directory;
  const Summary written = example();
  write_summary(directory / "summary.json", written);
  const Summary read = read_summary(directory / "summary.json");
  EXPECT_THAT(read.version, ::testing::MatchesRegex("[0-9.]+"));
  EXPECT_EQ(read.model, written.model);
  EXPECT_EQ(read.dataset, written.dataset);
  EXPECT_EQ(read.seed, written.seed);
  EXPECT_EQ(read.ranks, written.ranks);
  EXPECT_EQ(read.threads_per_rank, written.threads_per_rank);
  EXPECT_EQ(read.device, written.device);
  EXPECT_EQ(read.parameters, written.parameters);
  EXPECT_EQ(read.epochs, written.epochs);
  EXPECT_EQ(read.steps, written.steps);
  EXPECT_EQ(read.train_seconds, written.train_seconds);
  EXPECT_EQ(read.samples_per_sec, written.samples_per_sec);
  EXPECT_EQ(read.peak_rss_bytes, written.peak_rss_bytes);
  EXPECT_EQ(read.weights_sha256, written.weights_sha256);
  ASSERT_EQ(read.test.size(), 2U);
  EXPECT_EQ(read.test[0], written.test[0]);
  EXPECT_EQ(read.test[1].first, "nll");
  EXPECT_TRUE(std::isnan(read.test[1].second));
}

TEST(Summary, HasTheCommunicationOfSeveralRanksBeforeTheTest) {
  const TemporaryFolder directory;
  Summary written = example();
  written.communication = {{"bytes_per_step", 257440}, {"float32_bytes_per_step", 514880}};
  write_summary(directory / "summary.json", written);
  EXPECT_THAT(
      read_text(directory / "summary.json"),
      ::testing::ContainsRegex("\"communication\": \\{\n *\"bytes_per_step\": 257440.0,\n"
                               " *\"float32_bytes_per_step\": 514880.0\n *\\},\n *\"test\""));
  EXPECT_EQ(read_summary(directory / "summary.json").communication, written.communication);
}

TEST(Summary, NamesTheKeyThatIsWrong) {
  const TemporaryFolder directory;
  const auto message = [&](const std::string& text) {
    write_text(directory / "s", text);
    return message_of<DataError>([&] { read_summary(directory / "s"); });
  };
  write_summary(directory / "s", example());
  auto json = nlohmann::ordered_json::parse(read_text(directory / "s"));
  auto missing = json;
  missing.erase("ranks");
  EXPECT_THAT(message(missing.dump()),
              AllOf(HasSubstr((directory / "s").string()), HasSubstr("\"ranks\"")));
  auto mistyped = json;
  mistyped["epochs"] = "five";
  EXPECT_THAT(message(mistyped.dump()), HasSubstr("\"epochs\""));
  mistyped["epochs"] = 1e300;
  EXPECT_THAT(message(mistyped.dump()), HasSubstr("a whole number in range, got 1e+300"));
  mistyped["epochs"] = 5;
  mistyped["ranks"] = std::int64_t{1} << 40;
  EXPECT_THAT(message(mistyped.dump()), HasSubstr("\"ranks\": expected a whole number in range"));
  json["test"] = {1, 2};
  EXPECT_THAT(message(json.dump()), HasSubstr("\"test\": expected an object, got array"));
  EXPECT_THAT(message("{"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(message("[]"), HasSubstr("\"version\""));
}

TEST(Summary, SaysThatThereIsNone) {
  EXPECT_THAT(message_of<IoError>([] { read_summary("/no/such/summary.json"); }),
              HasSubstr("/no/such/summary.json"));
}

}  // namespace
}  // namespace credence
