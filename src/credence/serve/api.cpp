#include "credence/serve/api.h"

#include <algorithm>
#include <cctype>

#include "credence/base/log.h"
#include "credence/base/text.h"
#include "credence/data/inputs.h"
#include "credence/data/npz.h"
#include "credence/predict/predictions_file.h"
#include "credence/serve/model_card.h"
#include "credence/serve/predict_request.h"
#include "credence/serve/predict_response.h"
#include "credence/serve/request_error.h"

namespace credence {
namespace {

struct Route {
  std::string path;
  std::vector<std::string> methods;
  bool is_open = false;  ///< to those without a token
};

const std::vector<Route>& routes() {
  static const std::vector<Route> all{{"/v1/predict", {"POST"}},
                                      {"/v1/model", {"GET", "HEAD"}},
                                      {"/metrics", {"GET", "HEAD"}},
                                      {"/healthz", {"GET", "HEAD"}, true}};
  return all;
}

const Route* find_route(const std::string& path) {
  const auto found = std::ranges::find(routes(), path, &Route::path);
  return found == routes().end() ? nullptr : &*found;
}

std::string unknown_path(const std::string& path) {
  std::vector<std::string> known;
  for (const Route& route : routes()) known.push_back(route.path);
  return unknown_name("path", path.substr(0, 80), known);
}

constexpr const char* json_type = "application/json";
const std::vector<std::string>& npy_types() {
  static const std::vector<std::string> types{"application/octet-stream", "application/x-npy"};
  return types;
}
const std::vector<std::string>& npz_types() {
  static const std::vector<std::string> types{"application/x-npz", "application/zip",
                                              "application/octet-stream"};
  return types;
}

/// A media type without its parameters, in lower case.
std::string plain_type(const std::string& text) {
  std::string type = text.substr(0, text.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type;
}

/// Whether an Accept header names an archive and not JSON.
bool wants_npz(const std::string& accept) {
  for (std::size_t begin = 0; begin < accept.size();) {
    const std::size_t end = std::min(accept.find(',', begin), accept.size());
    std::string type = plain_type(accept.substr(begin, end - begin));
    type.erase(0, type.find_first_not_of(' '));
    if (type == json_type) return false;
    if (std::ranges::count(npz_types(), type) > 0) return true;
    begin = end + 1;
  }
  return false;
}

/// Runs what answers, and turns what it throws into an answer.
template <class Body>
Answer guarded(Body body) {
  try {
    return body();
  } catch (const RequestError& error) {
    return error_answer(error.status(), error.what());
  } catch (const DataError& error) {
    return error_answer(bad_content, error.what());
  } catch (const std::bad_alloc&) {
    return error_answer(overloaded, "out of memory; try again with less");
  } catch (const MemoryError& error) {
    return error_answer(overloaded, error.what());
  } catch (const std::exception& error) {
    log_error(concat("serve: ", error.what()));
    return error_answer(our_defect, "internal error; the service's log says more");
  }
}

}  // namespace

Answer error_answer(int status, const std::string& message) {
  Answer answer{.status = status, .body = error_json(status, message)};
  if (status == unauthorized) answer.headers = {{"WWW-Authenticate", "Bearer"}};
  if (status == overloaded) answer.headers = {{"Retry-After", "1"}};
  return answer;
}

Api::Api(ServedModel model, PredictionService& service, ServiceMetrics& metrics,
         const ApiOptions& options)
    : model_(std::move(model)),
      service_(service),
      metrics_(metrics),
      options_(options),
      card_(model_card(model_, options)),
      scale_(*model_.like) {}

std::string Api::known_path(const std::string& path) {
  return find_route(path) ? path : "other";
}

void Api::check_predict(const RequestHead& head) const {
  const std::string type = plain_type(head.content_type);
  require_request(type == json_type || std::ranges::count(npy_types(), type) > 0, bad_type,
                  "Content-Type: expected ", json_type, ", ", join(npy_types()), ", got ",
                  type.empty() ? "none" : type);
  require_request(head.content_encoding.empty() || plain_type(head.content_encoding) == "identity",
                  bad_type, "Content-Encoding: expected none, got ", head.content_encoding);
  for (const auto& [key, value] : head.query)
    require_request(key == "samples", bad_syntax, "query: expected samples=N alone, got ",
                    key.substr(0, 40));
  require_request(head.content_length <= options_.max_body_bytes, too_large,
                  "body: expected at most ", options_.max_body_bytes, " bytes, got ",
                  head.content_length);
}

std::optional<Answer> Api::answer_head(const RequestHead& head) const {
  std::optional<Answer> answer;
  const Answer error = guarded([&] {
    answer = answer_without_body(head);
    return Answer{};
  });
  return error.status == Answer{}.status ? answer : error;
}

std::optional<Answer> Api::answer_without_body(const RequestHead& head) const {
  const Route* const route = find_route(head.path);
  require_request((route && route->is_open) || options_.token.allows(head.authorization),
                  unauthorized, "Authorization: expected Bearer and the service's token, got ",
                  head.authorization.empty() ? "none" : "another");
  if (!route) throw RequestError(not_found, unknown_path(head.path));
  if (std::ranges::count(route->methods, head.method) == 0) {
    Answer refusal =
        error_answer(bad_method, concat(route->path, ": expected ", join(route->methods, " or "),
                                        ", got ", head.method.substr(0, 20)));
    refusal.headers = {{"Allow", join(route->methods)}};
    return refusal;
  }
  if (route->path == "/healthz") return Answer{.body = "{\"status\":\"ok\"}\n"};
  if (route->path == "/v1/model") return Answer{.body = card_};
  if (route->path == "/metrics")
    return Answer{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                  .body = metrics_.text(service_.queue_length())};
  check_predict(head);
  return {};
}

Answer Api::answer(const RequestHead& head, const std::string& body) {
  return guarded([&] { return predict(head, body); });
}

std::int64_t Api::samples_of(const RequestHead& head, const PredictRequest& request) const {
  require_request(head.query.size() + (request.samples ? 1 : 0) <= 1, bad_content,
                  "samples: expected once, got more");
  if (!request.samples && head.query.empty()) return model_.samples;
  std::int64_t samples = request.samples.value_or(0);
  if (!head.query.empty()) {
    const std::string& text = head.query[0].second;
    const std::optional<std::uint64_t> number = to_whole_number(text);
    require_request(number.has_value(), bad_content, "samples: expected a whole number, got ",
                    text.substr(0, 40));
    samples = std::in_range<std::int64_t>(*number) ? static_cast<std::int64_t>(*number) : 0;
  }
  require_request(samples >= 1 && samples <= options_.max_samples, bad_content,
                  "samples: expected 1 to ", options_.max_samples, ", got ", samples);
  return samples;
}

Answer Api::predict(const RequestHead& head, const std::string& body) {
  const auto expires = PredictionService::Clock::now() +
                       std::chrono::duration_cast<PredictionService::Clock::duration>(
                           std::chrono::duration<double>(options_.timeout_s));
  const PredictRequest request = plain_type(head.content_type) == json_type
                                     ? parse_json_request(body)
                                     : parse_npy_request(body);
  const std::int64_t samples = samples_of(head, request);
  const Shape& shape = request.inputs.shape();
  const std::int64_t rows = shape.rank() > 0 ? shape[0] : 0;
  require_request(rows <= options_.max_rows, too_large, "inputs: expected at most ",
                  options_.max_rows, " rows, got ", rows);
  const auto inputs = inputs_of(request.inputs, "inputs", *model_.like);
  const std::string warning = scale_.warning(*inputs);
  std::future<Predictions> future = service_.submit(inputs, samples, expires);
  require_request(future.wait_until(expires) == std::future_status::ready, overloaded,
                  "no prediction within ", options_.timeout_s, " s; try again, or with less");
  const std::vector<NamedTensor> arrays =
      named_arrays(future.get(), model_.like->target_info().classes);
  Answer answer = wants_npz(head.accept) ? Answer{.content_type = "application/x-npz",
                                                  .body = npz_bytes("predictions", arrays)}
                                         : Answer{.body = arrays_json(arrays, warning)};
  if (!warning.empty()) answer.headers = {{"Credence-Warning", warning}};
  return answer;
}

}  // namespace credence
