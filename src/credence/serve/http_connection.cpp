#include "credence/serve/http_connection.h"

#include <charconv>

#include "credence/base/log.h"
#include "credence/serve/request_error.h"

namespace credence {
namespace {

constexpr std::int64_t max_head_bytes = 32768;

HttpStream::Clock::time_point after(double seconds) {
  return HttpStream::Clock::now() + std::chrono::duration_cast<HttpStream::Clock::duration>(
                                        std::chrono::duration<double>(seconds));
}

double seconds_since(HttpStream::Clock::time_point begin) {
  return std::chrono::duration<double>(HttpStream::Clock::now() - begin).count();
}

/// The length that a request announces; -1 if it is no length.
std::int64_t length_of(const std::string& text) {
  std::int64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool is_length = error == std::errc() && end == text.data() + text.size() && length >= 0;
  return is_length ? length : -1;
}

}  // namespace

HttpConnection::HttpConnection(int socket, Api& api, ServiceMetrics& metrics,
                               const HttpConnectionOptions& options)
    : stream_(socket, max_head_bytes), api_(api), metrics_(metrics), options_(options) {
  set_keep_alive_timeout(static_cast<time_t>(options.keep_alive_s));
  set_keep_alive_max_count(1'000'000);  // it counts none: this is what a header says
  set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
    return answer_head(response);
  });
  Post("/v1/predict", [this](const httplib::Request&, httplib::Response& response,
                             const httplib::ContentReader& read) { answer_body(response, read); });
  // So that a refused body is not sent at all.
  set_expect_100_continue_handler([this](const httplib::Request&, httplib::Response& response) {
    const bool is_refused =
        answer_head(response) == HandlerResponse::Handled && response.status >= 400;
    return is_refused ? response.status : 100;
  });
  // What cpp-httplib refuses itself.
  set_error_handler(
      HandlerWithResponse([this](const httplib::Request&, httplib::Response& response) {
        if (response.body.empty()) write(answer_to_no_request(response.status), response);
        return HandlerResponse::Handled;
      }));
}

void HttpConnection::run() {
  while (stream_.await_request(options_.keep_alive_s, options_.stop))
    if (!serve_one()) break;
  stream_.end();
}

Answer HttpConnection::answer_to_no_request(int status) const {
  if (!stream_.head_error().empty()) return error_answer(bad_syntax, stream_.head_error());
  if (stream_.is_late())
    return error_answer(too_slow, concat("expected a request of HTTP/1.1 within ",
                                         options_.timeout_s, " s, got none"));
  if (status == too_long)
    return error_answer(too_long, concat("path: expected at most ",
                                         CPPHTTPLIB_REQUEST_URI_MAX_LENGTH, " bytes, got more"));
  if (status == our_defect) return error_answer(our_defect, "internal error");
  return error_answer(bad_syntax, "expected a request of HTTP/1.1, got none");
}

template <class Self>
bool HttpConnection::process(Self& self, bool& closes,
                             const std::function<void(httplib::Request&)>& setup) {
  if constexpr (requires { self.process_request(self.stream_, false, closes, setup); })
    return self.process_request(self.stream_, false, closes, setup);
  else
    return self.process_request(self.stream_, "", -1, "", -1, false, closes, setup);
}

bool HttpConnection::serve_one() {
  const auto begin = HttpStream::Clock::now();
  head_ = {};
  has_head_ = is_chunked_ = false;
  framing_error_.clear();
  status_ = 0;
  stream_.set_deadline(after(options_.timeout_s));
  bool closes = false;
  const bool is_written = process(*this, closes, [this](httplib::Request& request) {
    request.ranges.clear();  // answers are given whole, and as they are
    request.headers.erase("Accept-Encoding");
    take_head(request);
    // Chunks have heads of their own, whose length nobody else limits.
    const std::int64_t most =
        is_chunked_ ? 2 * api_.options().max_body_bytes + max_head_bytes : head_.content_length;
    stream_.expect_body(most);
  });
  if (status_ != 0) metrics_.on_answer(Api::known_path(head_.path), status_, seconds_since(begin));
  return is_written && is_read_whole() && !closes;
}

bool HttpConnection::is_read_whole() const {
  return has_head_ && !is_chunked_ && framing_error_.empty() &&
         stream_.body_bytes() == head_.content_length;
}

void HttpConnection::take_head(const httplib::Request& request) {
  head_ = {.method = request.method,
           .path = request.path,
           .authorization = request.get_header_value("Authorization"),
           .content_type = request.get_header_value("Content-Type"),
           .content_encoding = request.get_header_value("Content-Encoding"),
           .accept = request.get_header_value("Accept"),
           .query = {request.params.begin(), request.params.end()}};
  has_head_ = true;
  is_chunked_ = request.has_header("Transfer-Encoding");
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  if (lengths > 0) head_.content_length = length_of(request.get_header_value("Content-Length"));
  const std::string encoding = request.get_header_value("Transfer-Encoding");
  if (lengths > 1 || (lengths == 1 && is_chunked_) ||
      request.get_header_value_count("Transfer-Encoding") > 1)
    framing_error_ = "expected one Content-Length or Transfer-Encoding, got several";
  else if (head_.content_length < 0)
    framing_error_ = "Content-Length: expected a number of bytes, got another text";
  else if (is_chunked_ && encoding != "chunked")
    framing_error_ = "Transfer-Encoding: expected chunked, got another";
  else if (request.method == "POST" && lengths == 0 && !is_chunked_)
    framing_error_ = "Content-Length: expected a number of bytes, found none";
}

httplib::Server::HandlerResponse HttpConnection::answer_head(httplib::Response& response) {
  const std::optional<Answer> answer =
      framing_error_.empty() ? api_.answer_head(head_) : error_answer(bad_syntax, framing_error_);
  if (!answer) return HandlerResponse::Unhandled;
  write(*answer, response);
  return HandlerResponse::Handled;
}

void HttpConnection::answer_body(httplib::Response& response, const httplib::ContentReader& read) {
  write(read_and_answer(read), response);
}

Answer HttpConnection::read_and_answer(const httplib::ContentReader& read) {
  std::string body;
  bool is_too_large = false;
  const auto most = static_cast<std::size_t>(api_.options().max_body_bytes);
  body.reserve(static_cast<std::size_t>(head_.content_length));
  const bool is_whole = read([&](const char* bytes, std::size_t count) {
    is_too_large = count > most - body.size();
    if (!is_too_large && !stream_.is_late()) body.append(bytes, count);
    return !is_too_large;
  });
  if (is_too_large)
    return error_answer(too_large, concat("body: expected at most ", most, " bytes, got more"));
  if (!is_whole && stream_.is_late())
    return error_answer(too_slow, concat("body: expected within ", options_.timeout_s, " s, got ",
                                         body.size(), " bytes of it"));
  if (!is_whole) return error_answer(bad_syntax, "body: cut short");
  return api_.answer(head_, body);
}

void HttpConnection::write(const Answer& answer, httplib::Response& response) {
  status_ = response.status = answer.status;
  response.set_content(answer.body, answer.content_type.c_str());
  for (const auto& [name, value] : answer.headers) response.set_header(name.c_str(), value);
  response.set_header("Accept-Ranges", "none");
  if (!is_read_whole()) response.set_header("Connection", "close");
  stream_.set_deadline(after(options_.timeout_s));
}

}  // namespace credence
