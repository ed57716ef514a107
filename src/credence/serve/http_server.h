#pragma once

#include "credence/serve/api.h"
#include "credence/serve/listener.h"

namespace credence {

struct HttpServerOptions {
  std::int64_t max_connections = 128;
  double timeout_s = 10;     ///< in which a request must come, and again its answer be taken
  double keep_alive_s = 30;  ///< that a connection may be silent
};

/// Answers the connections to a port that is listened at by HTTP/1.1, each in a thread,
/// until `stop` can be read from; then closes the port, answers those that are under way, and
/// returns. One connection too
/// many is told to come again (503).
void serve_http(Listener& listener, Api& api, ServiceMetrics& metrics,
                const HttpServerOptions& options, int stop);

}  // namespace credence
