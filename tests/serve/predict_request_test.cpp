#include "credence/serve/predict_request.h"

#include <cmath>

#include <gmock/gmock.h>

#include "credence/data/npy.h"
#include "credence/serve/predict_response.h"
#include "credence/serve/request_error.h"

namespace credence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(JsonRequest, IsReadWhateverItsAxes) {
  const PredictRequest request =
      parse_json_request(R"({"samples": 7, "inputs": [[[1, -2.5]], [[3e2, 0]]]})");
  EXPECT_EQ(request.inputs.shape(), (Shape{2, 1, 2}));
  EXPECT_THAT(request.inputs.span<double>(), ElementsAre(1, -2.5, 300, 0));
  EXPECT_EQ(request.samples, 7);
  EXPECT_EQ(parse_json_request(R"({"inputs": [1, 2, 3]})").inputs.shape(), Shape{3});
  EXPECT_FALSE(parse_json_request(R"({"inputs": [1]})").samples.has_value());
}

struct Bad {
  std::string body;
  int status;
  std::string says;
};

class BadJsonRequest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadJsonRequest, IsRefusedWithItsPlace) {
  const auto& [body, status, says] = GetParam();
  try {
    parse_json_request(body);
    ADD_FAILURE() << body << ": expected an error, got none";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.status(), status) << body;
    EXPECT_THAT(error.what(), HasSubstr(says)) << body;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, BadJsonRequest,
    ::testing::Values(
        Bad{"", 400, R"(body: expected an object {"inputs": [[...], ...]}, got an empty one)"},
        Bad{" \r\n", 400, R"(body: expected an object {"inputs": [[...], ...]}, got blanks)"},
        Bad{"{", 400, "byte 2: expected JSON, got its end"},
        Bad{R"({"inputs": [[1]]} x)", 400, "byte"},
        Bad{R"({"inputs": [[1, 2)", 400, "byte 18: expected JSON, got its end"},
        Bad{R"({"inputs": [[nil]]})", 400, "byte 15: expected JSON, got what is none"},
        Bad{R"({NaN: 1})", 400, "byte 2: expected JSON"},
        Bad{std::string("\xff\xfe\0", 3), 400, "byte 1"},
        Bad{std::string(100000, '['), 422, "body: expected an object"},
        Bad{R"({"inputs": )" + std::string(100000, '['), 422, "at most 6 axes"},
        Bad{"[[1]]", 422, "body: expected an object"}, Bad{"3", 422, "body: expected an object"},
        Bad{"{}", 422, "the key \"inputs\", found none"},
        Bad{R"({"input": [[1]]})", 422, "did you mean \"inputs\""},
        Bad{R"({"inputs": [[1]], "inputs": [[1]]})", 422, "there twice"},
        Bad{R"({"inputs": 3})", 422, "inputs: expected an array, got a number"},
        Bad{R"({"inputs": {"x": 1}})", 422, "inputs: expected an array, got an object"},
        Bad{R"({"inputs": [[1, 2], [3]]})", 422, "inputs[1]: expected 2 elements"},
        Bad{R"({"inputs": [[1, 2], [3, 4, 5]]})", 422, "inputs[1]: expected 2 elements"},
        Bad{R"({"inputs": [[1, 2], 3]})", 422, "inputs[1]: expected an array, got a number"},
        Bad{R"({"inputs": [1, [2]]})", 422, "inputs[1]: expected a number, got an array"},
        Bad{R"({"inputs": [[], 2]})", 422, "inputs[1]: expected an array, got a number"},
        Bad{R"({"inputs": [[1, null]]})", 422, "inputs[0][1]: expected a number, got null"},
        Bad{R"({"inputs": [[1, 2, 3, NaN]]})", 422,
            "inputs[0][3]: expected a finite number, got NaN"},
        Bad{R"({"inputs": [[1], [nan]]})", 422, "inputs[1][0]: expected a finite number, got nan"},
        Bad{R"({"inputs": [[Infinity]]})", 422,
            "inputs[0][0]: expected a finite number, got Infinity"},
        Bad{R"({"inputs": [[1, -Infinity]]})", 422,
            "inputs[0][1]: expected a finite number, got -Infinity"},
        Bad{R"({"inputs": [[inf]]})", 422, "inputs[0][0]: expected a finite number, got inf"},
        Bad{R"({"inputs": [[1, -1e999]]})", 422,
            "inputs[0][1]: expected a finite number, got -1e999"},
        Bad{R"({"inputs": NaN})", 422, "inputs: expected an array, got NaN"},
        Bad{R"({"inputs": [[1], NaN]})", 422, "inputs[1]: expected an array, got NaN"},
        Bad{R"({"inputs": 1e999})", 422, "inputs: expected an array, got 1e999"},
        Bad{R"({"samples": NaN, "inputs": [[1]]})", 422, "samples: expected a whole number, got N"},
        Bad{R"({"samples": 1e999})", 422, "samples: expected a whole number, got 1e999"},
        Bad{"NaN", 422, "body: expected an object"},
        Bad{R"({"inputs": [[1)" + std::string(5000, '0') + "]]}", 422,
            "expected a finite number, got 1000"},
        Bad{R"({"inputs": [["1"]]})", 422, "inputs[0][0]: expected a number or an array, got a "},
        Bad{R"({"inputs": [[true]]})", 422, "got a boolean"},
        Bad{R"({"samples": 2.5, "inputs": [[1]]})", 422, "samples: expected a whole number"},
        Bad{R"({"samples": "2", "inputs": [[1]]})", 422, "samples: expected a whole number"},
        Bad{R"({"samples": [2], "inputs": [[1]]})", 422, "samples: expected a whole number"}));

TEST(NpyRequest, IsAnArray) {
  Tensor array({2, 3});
  for (int i = 0; i < 6; ++i) array.span<float>()[i] = static_cast<float>(i);
  const std::string body =
      npy_header(array) + std::string(reinterpret_cast<const char*>(array.raw()), array.bytes());
  const PredictRequest request = parse_npy_request(body);
  EXPECT_EQ(request.inputs.shape(), (Shape{2, 3}));
  EXPECT_THAT(request.inputs.span<float>(), ElementsAre(0, 1, 2, 3, 4, 5));
  for (const std::string& bad : {std::string(), std::string("{}"), body.substr(0, 20),
                                 body.substr(0, body.size() - 1), body + "x"})
    EXPECT_THROW(parse_npy_request(bad), RequestError);
  try {
    parse_npy_request("");
    ADD_FAILURE() << "expected an error, got none";
  } catch (const RequestError& error) {
    EXPECT_EQ(error.status(), bad_syntax);
    EXPECT_STREQ(error.what(), "body: expected an .npy array, got an empty one");
  }
}

TEST(Response, ReadsBackAsTheSameNumbers) {
  Tensor mean({2, 2}), entropy({2});
  const std::vector<float> values{0.1F, 1e-30F, 1.0F / 3, 0};
  std::ranges::copy(values, mean.span<float>().begin());
  entropy.span<float>()[0] = std::nanf("");
  EXPECT_EQ(arrays_json({{"mean", mean}, {"entropy", entropy}}),
            "{\"mean\":[[0.1,1e-30],[0.33333334,0]],\"entropy\":[null,0]}\n");
}

TEST(Response, OfAnErrorIsJsonWhateverTheMessage) {
  EXPECT_EQ(error_json(422, "a \"b\"\n\xff"),
            "{\"error\":{\"status\":422,\"message\":\"a \\\"b\\\"\\n\xEF\xBF\xBD\"}}\n");
}

}  // namespace
}  // namespace credence
