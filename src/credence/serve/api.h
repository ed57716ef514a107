#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "credence/data/inputs.h"
#include "credence/losses/problem.h"
#include "credence/serve/metrics.h"
#include "credence/serve/predict_request.h"
#include "credence/serve/prediction_service.h"
#include "credence/serve/token.h"

namespace credence {

/// What is known of a request before its body.
struct RequestHead {
  std::string method;  ///< "POST"
  std::string path;    ///< "/v1/predict"
  std::string authorization{}, content_type{}, content_encoding{}, accept{};
  std::vector<std::pair<std::string, std::string>> query{};  ///< of the path, ?samples=30
  std::int64_t content_length = 0;
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// {"error": ...}, with the headers that its status asks for.
Answer error_answer(int status, const std::string& message);

/// The network that answers, and what tells of it.
struct ServedModel {
  std::string name;
  std::string dataset;
  Problem problem = Problem::classification;
  std::shared_ptr<const Dataset> like;  ///< examples as it was trained on
  std::int64_t parameters = 0;
  std::int64_t samples = 0;  ///< draws, if a request does not say
};

struct ApiOptions {
  Token token{};
  std::int64_t max_body_bytes = std::int64_t{8} << 20;
  std::int64_t max_rows = 10000;    ///< of a request
  std::int64_t max_samples = 1000;  ///< draws that a request may ask for
  double timeout_s = 10;            ///< that a prediction may take
};

/// What the service says to each request, whatever brings it. May be called from several threads.
class Api {
 public:
  Api(ServedModel model, PredictionService& service, ServiceMetrics& metrics,
      const ApiOptions& options);

  const ApiOptions& options() const { return options_; }
  /// The answer, if the body is not needed for it.
  std::optional<Answer> answer_head(const RequestHead& head) const;
  /// The answer to a request that the head alone did not answer.
  Answer answer(const RequestHead& head, const std::string& body);
  /// The path, if it is one of ours; else "other".
  static std::string known_path(const std::string& path);

 private:
  std::optional<Answer> answer_without_body(const RequestHead& head) const;
  void check_predict(const RequestHead& head) const;
  /// Weight draws: as the request says, in its body or its path, or as the model has it.
  std::int64_t samples_of(const RequestHead& head, const PredictRequest& request) const;
  Answer predict(const RequestHead& head, const std::string& body);

  ServedModel model_;
  PredictionService& service_;
  ServiceMetrics& metrics_;
  ApiOptions options_;
  std::string card_;
  InputScale scale_;
};

}  // namespace credence
