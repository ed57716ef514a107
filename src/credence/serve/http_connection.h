#pragma once

#include "credence/serve/api.h"
#include "credence/serve/http_stream.h"

namespace credence {

struct HttpConnectionOptions {
  double timeout_s = 10;     ///< in which a request must come, and again its answer be taken
  double keep_alive_s = 30;  ///< that a connection may be silent
  int stop = -1;             ///< no further request once it can be read from
};

/// One connection, from the first request to the last: cpp-httplib reads and writes HTTP, the API
/// answers.
class HttpConnection : private httplib::Server {
 public:
  HttpConnection(int socket, Api& api, ServiceMetrics& metrics,
                 const HttpConnectionOptions& options);
  /// Until one side has enough of the other.
  void run();

 private:
  /// True if another request may follow.
  bool serve_one();
  /// cpp-httplib's process_request, whose arguments differ between versions.
  template <class Self>
  static bool process(Self& self, bool& closes,
                      const std::function<void(httplib::Request&)>& setup);
  /// If not, what is left of the request would be taken for the next one.
  bool is_read_whole() const;
  void take_head(const httplib::Request& request);
  Answer answer_to_no_request(int status) const;
  HandlerResponse answer_head(httplib::Response& response);
  void answer_body(httplib::Response& response, const httplib::ContentReader& read);
  Answer read_and_answer(const httplib::ContentReader& read);
  void write(const Answer& answer, httplib::Response& response);

  HttpStream stream_;
  Api& api_;
  ServiceMetrics& metrics_;
  HttpConnectionOptions options_;
  // Of the request at hand:
  RequestHead head_;
  std::string framing_error_;  // what is wrong with how its body is announced
  bool has_head_ = false, is_chunked_ = false;
  int status_ = 0;
};

}  // namespace credence
