#include "credence/serve/http_server.h"

#include <atomic>

#include <httplib.h>
#include <sys/socket.h>

#include "credence/base/log.h"
#include "credence/kernels/parallel.h"
#include "credence/serve/http_connection.h"
#include "credence/serve/request_error.h"

namespace credence {
namespace {

/// Says so without waiting for anything: this is the thread that takes connections.
void refuse(const Descriptor& connection, std::int64_t most) {
  const Answer answer = error_answer(
      overloaded, concat("too many connections: expected at most ", most, "; try again"));
  std::string text = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n";
  for (const auto& [name, value] : answer.headers) text += concat(name, ": ", value, "\r\n");
  text += concat("Content-Type: ", answer.content_type, "\r\nContent-Length: ", answer.body.size(),
                 "\r\n\r\n", answer.body);
  ::send(connection.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(connection.get(), SHUT_WR);
  char unread[4096];
  while (::recv(connection.get(), unread, sizeof unread, MSG_DONTWAIT) > 0) {
  }
}

/// Its end waits for all of them.
struct Threads : httplib::ThreadPool {
  using ThreadPool::ThreadPool;
  ~Threads() override { shutdown(); }
};

}  // namespace

void serve_http(Listener& listener, Api& api, ServiceMetrics& metrics,
                const HttpServerOptions& options, int stop) {
  const HttpConnectionOptions each{
      .timeout_s = options.timeout_s, .keep_alive_s = options.keep_alive_s, .stop = stop};
  std::atomic<std::int64_t> open = 0;
  const auto serve = [&](int socket) {
    set_thread_count(1);  // the cores are for predictions
    metrics.on_connection(1);
    try {
      HttpConnection(socket, api, metrics, each).run();
    } catch (const std::exception& error) {
      log_error(concat("serve: a connection ended: ", error.what()));
    }
    metrics.on_connection(-1);
  };
  Threads threads(static_cast<std::size_t>(options.max_connections));
  for (Descriptor connection = listener.accept(stop); connection.is_open();
       connection = listener.accept(stop)) {
    // A pool does not refuse: what it has no thread for would wait, and nobody be told.
    if (open >= options.max_connections) {
      metrics.on_answer("other", overloaded, 0);
      refuse(connection, options.max_connections);
      continue;
    }
    ++open;
    threads.enqueue([&serve, &open, socket = connection.release()] {
      {
        const Descriptor connected(socket);
        serve(socket);
      }
      --open;
    });
  }
  listener.close();  // else who comes now would wait for those that are under way, and for nothing
}

}  // namespace credence
