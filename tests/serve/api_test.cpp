#include "credence/serve/api.h"

#include <gmock/gmock.h>

#include "credence/data/npy.h"
#include "credence/serve/model_card.h"

namespace credence {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr const char* secret = "0123456789abcdef";

/// A network of three features and two classes, sure of the first one.
class ApiTest : public ::testing::Test {
 protected:
  static std::vector<Predictions> predict(const PredictionBatch& batch) {
    std::vector<Predictions> all;
    for (const auto& dataset : batch.inputs) {
      const std::int64_t n = dataset->size();
      Predictions p{.mean = Tensor({n, 2}),
                    .predictive_entropy = Tensor({n}),
                    .mutual_information = Tensor({n})};
      for (std::int64_t i = 0; i < n; ++i) p.mean.span<float>()[2 * i] = 1;
      p.predictive_entropy.fill(static_cast<double>(batch.samples));
      all.push_back(p);
    }
    return all;
  }

  Api api(Token token = {}) {
    return Api(
        model_, service_, metrics_,
        {.token = std::move(token), .max_body_bytes = 1000, .max_rows = 8, .max_samples = 50});
  }

  static RequestHead post(std::string type = "application/json") {
    return {.method = "POST", .path = "/v1/predict", .content_type = std::move(type)};
  }
  Answer ask(const std::string& body) { return api().answer(post(), body); }

  ServedModel model_{.name = "small",
                     .dataset = "csv",
                     .like =
                         [] {
                           const auto like = std::make_shared<InMemoryDataset>(
                               "like", Tensor({4, 3}), Tensor({4, 1}),
                               TargetInfo{.classes = 2, .labels = {"a", "b"}});
                           like->set_src_labels({"x", "y", "z"});
                           return like;
                         }(),
                     .parameters = 8,
                     .samples = 30};
  ServiceMetrics metrics_;
  PredictionService service_{predict, {.max_wait_ms = 0}, &metrics_};
};

TEST_F(ApiTest, AnswersWithDistributions) {
  const Answer answer = ask(R"({"inputs": [[1, 2, 3], [4, 5, 6]]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body,
            "{\"predicted_class\":[0,0],\"mean\":[[1,0],[1,0]],\"predictive_entropy\":[30,30],"
            "\"mutual_information\":[0,0]}\n");
  EXPECT_THAT(ask(R"({"inputs": [[1, 2, 3]], "samples": 7})").body,
              HasSubstr("\"predictive_entropy\":[7]"));
}

TEST_F(ApiTest, ReadsNpyAndWritesNpz) {
  const Tensor array({5, 3});
  const std::string body =
      npy_header(array) + std::string(reinterpret_cast<const char*>(array.raw()), array.bytes());
  RequestHead head = post("application/octet-stream");
  EXPECT_THAT(api().answer(head, body).body, HasSubstr("\"predicted_class\":[0,0,0,0,0]"));
  for (const char* accept : {"application/x-npz", "text/html, application/zip;q=0.9"}) {
    head.accept = accept;
    const Answer answer = api().answer(head, body);
    EXPECT_EQ(answer.content_type, "application/x-npz");
    EXPECT_THAT(answer.body, StartsWith("PK"));
  }
  head.accept = "application/json, application/zip";
  EXPECT_EQ(api().answer(head, body).content_type, "application/json");
}

TEST_F(ApiTest, RefusesWhatTheNetworkDoesNotTake) {
  for (const auto& [body, says] : std::vector<std::pair<std::string, std::string>>{
           {R"({"inputs": [[1, 2]]})", "expected examples of shape [3], got an array [1, 2]"},
           {R"({"inputs": [1, 2, 3]})", "one example? expected [n, 3]"},
           {R"({"inputs": []})", "expected examples of shape [3], got an array [0]"},
           {R"({"inputs": [[1, 2, 1e300]]})",
            "inputs[0][2]: expected a finite number in float32, got 1e+300"},
           {R"({"inputs": [[1, 2, 3]], "samples": 0})", "samples: expected 1 to 50, got 0"},
           {R"({"inputs": [[1, 2, 3]], "samples": 51})", "samples: expected 1 to 50, got 51"}}) {
    const Answer answer = ask(body);
    EXPECT_EQ(answer.status, 422) << body;
    EXPECT_THAT(answer.body, HasSubstr(says)) << body;
  }
  EXPECT_EQ(ask("{").status, 400);
}

TEST_F(ApiTest, WarnsOfInputsOnAnotherScaleThanThoseOfTraining) {
  Tensor known({4, 3});
  known.fill(0.5);
  model_.like =
      std::make_shared<InMemoryDataset>("like", known, Tensor({4, 1}), TargetInfo{.classes = 2});
  const std::string warning =
      "inputs reach 255, those of training 0.5; give bytes (uint8), or divide by 255";
  const Answer warned = ask(R"({"inputs": [[0, 255, 3]]})");
  EXPECT_EQ(warned.status, 200);
  EXPECT_THAT(warned.body, EndsWith("],\"warning\":\"" + warning + "\"}\n"));
  EXPECT_THAT(warned.headers, UnorderedElementsAre(Pair("Credence-Warning", warning)));
  const Answer quiet = ask(R"({"inputs": [[0, 1, 0.3]]})");
  EXPECT_THAT(quiet.body, Not(HasSubstr("warning")));
  EXPECT_TRUE(quiet.headers.empty());

  Tensor bytes({1, 3}, DType::uint8);
  bytes.data<std::uint8_t>()[0] = 255;
  RequestHead head = post("application/x-npy");
  head.accept = "application/x-npz";
  const auto ask_npy = [&](const Tensor& array) {
    return api().answer(
        head,
        npy_header(array) + std::string(reinterpret_cast<const char*>(array.raw()), array.bytes()));
  };
  EXPECT_TRUE(ask_npy(bytes).headers.empty());
  Tensor numbers({1, 3});
  numbers.data<float>()[0] = 255;
  EXPECT_THAT(ask_npy(numbers).headers, UnorderedElementsAre(Pair("Credence-Warning", warning)));
}

TEST_F(ApiTest, RefusesMoreRowsThanItMayHave) {
  const auto ask_npy = [&](const Tensor& array) {
    return api().answer(post("application/x-npy"),
                        npy_header(array) + std::string(array.bytes(), '\0'));
  };
  EXPECT_EQ(ask_npy(Tensor({8, 3})).status, 200);
  for (const Shape& shape : {Shape{9, 3}, Shape{9, 0}}) {
    const Answer answer = ask_npy(Tensor(shape));
    EXPECT_EQ(answer.status, 413);
    EXPECT_THAT(answer.body, HasSubstr("inputs: expected at most 8 rows, got 9"));
  }
}

TEST_F(ApiTest, RefusesByTheHeadAlone) {
  const auto status = [&](const RequestHead& head) { return api().answer_head(head)->status; };
  EXPECT_FALSE(api().answer_head(post()).has_value());
  EXPECT_FALSE(api().answer_head(post("Application/JSON; charset=utf-8")).has_value());
  EXPECT_EQ(status(post("")), 415);
  EXPECT_EQ(status(post("text/plain")), 415);
  RequestHead head = post();
  head.content_encoding = "gzip";
  EXPECT_EQ(status(head), 415);
  head = post();
  head.content_length = 1001;
  EXPECT_EQ(status(head), 413);
  EXPECT_EQ(status({.method = "GET", .path = "/v1/predictions"}), 404);
  const Answer refused = *api().answer_head({.method = "GET", .path = "/v1/predict"});
  EXPECT_EQ(refused.status, 405);
  EXPECT_THAT(refused.headers, UnorderedElementsAre(Pair("Allow", "POST")));
}

TEST_F(ApiTest, AsksForTheTokenButNotOfHealth) {
  const Token token(secret, "test");
  const auto status = [&](const std::string& path, const std::string& authorization) {
    return api(token)
        .answer_head({.method = "GET", .path = path, .authorization = authorization})
        ->status;
  };
  const std::string right = std::string("Bearer ") + secret;
  for (const char* path : {"/v1/model", "/metrics", "/v1/predict", "/nowhere"})
    for (const std::string& wrong : {std::string(), right + "x", right.substr(0, 20),
                                     std::string("Basic ") + secret, std::string(secret)})
      EXPECT_EQ(status(path, wrong), 401) << path << ": " << wrong;
  EXPECT_EQ(status("/v1/model", right), 200);
  EXPECT_EQ(status("/nowhere", right), 404);
  EXPECT_EQ(status("/healthz", ""), 200);
}

TEST_F(ApiTest, TellsWhatTheNetworkExpects) {
  const std::string card = api().answer_head({.method = "GET", .path = "/v1/model"})->body;
  for (const char* says : {"\"shape\":[\"n\",3]", "\"names\":[\"x\",\"y\",\"z\"]", "\"classes\":2",
                           "\"labels\":[\"a\",\"b\"]", "\"problem\":\"classification\"",
                           "\"samples\":30", "\"max_rows\":8"})
    EXPECT_THAT(card, HasSubstr(says));
}

TEST_F(ApiTest, CountsWhatItAnswered) {
  ask(R"({"inputs": [[1, 2, 3], [4, 5, 6]]})");
  metrics_.on_answer("/v1/predict", 200, 0.003);
  metrics_.on_answer("/v1/predict", 200, 20);
  const std::string text = api().answer_head({.method = "GET", .path = "/metrics"})->body;
  for (const char* says :
       {"credence_requests_total{path=\"/v1/predict\",code=\"200\"} 2\n", "credence_rows_total 2\n",
        "credence_queue_length 0\n", "credence_request_seconds_bucket{le=\"0.0025\"} 0\n",
        "credence_request_seconds_bucket{le=\"0.005\"} 1\n",
        "credence_request_seconds_bucket{le=\"10\"} 1\n",
        "credence_request_seconds_bucket{le=\"+Inf\"} 2\n", "credence_request_seconds_sum 20.003\n",
        "credence_batch_rows_bucket{le=\"1\"} 0\n", "credence_batch_rows_bucket{le=\"2\"} 1\n"})
    EXPECT_THAT(text, HasSubstr(says));
}

}  // namespace
}  // namespace credence
