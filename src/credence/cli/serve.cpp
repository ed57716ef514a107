#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "credence/base/signals.h"
#include "credence/base/text.h"
#include "credence/cli/session.h"
#include "credence/data/inputs.h"
#include "credence/kernels/parallel.h"
#include "credence/serve/http_server.h"
#include "credence/serve/request_error.h"

namespace credence::cli {
namespace {

struct ServeArguments {
  RunChoice choice;
  std::string host = "127.0.0.1";
  int port = 8080;
  std::string token_file;
  PredictionServiceOptions service;
  ApiOptions api;
  HttpServerOptions http;
  int threads = 0;
};

void check(const ServeArguments& arguments) {
  const auto positive = [](const char* option, double value) {
    require<UsageError>(value > 0 && value <= 86400, option,
                        ": expected above 0 and at most 86400, ", "got ", value);
  };
  const auto count = [](const char* option, std::int64_t value, std::int64_t most) {
    require<UsageError>(value >= 1 && value <= most, option, ": expected 1 to ", most, ", got ",
                        value);
  };
  require<UsageError>(arguments.port >= 0 && arguments.port <= 65535,
                      "--port: expected 0 to 65535 (0: any free one), got ", arguments.port);
  count("--max-body-bytes", arguments.api.max_body_bytes, 1 << 30);
  count("--max-rows", arguments.api.max_rows, 1 << 30);
  count("--max-samples", arguments.api.max_samples, 65536);
  count("--max-connections", arguments.http.max_connections, 4096);
  positive("--timeout-s", arguments.http.timeout_s);
  positive("--keep-alive-s", arguments.http.keep_alive_s);
  try {
    arguments.service.check();
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
}

Token find_token(const std::string& file) {
  if (!file.empty()) return read_token(file);
  const char* const variable = std::getenv("CREDENCE_TOKEN");
  return variable ? Token(variable, "CREDENCE_TOKEN") : Token();
}

ServedModel served(const TrainedModel& trained) {
  return {.name = trained.experiment.model_name,
          .dataset = trained.experiment.data_name,
          .problem = trained.loss->problem(),
          .like = trained.data.train,
          .parameters = trained.model->parameter_count(),
          .samples = trained.experiment.predict.samples};
}

/// One example of zeros, so that what the first request would wait for is done.
void warm_up(const TrainedModel& trained) {
  const Tensor zeros(trained.data.train->src_shape().prepend(1));
  predict(trained, *inputs_of(zeros, "inputs", *trained.data.train));
}

void run_serve(ServeArguments arguments, Context& context) {
  Communicator& communicator = context.communicator();
  require<UsageError>(communicator.size() == 1, "serve: expected 1 rank, got ", communicator.size(),
                      ": one process answers, with as many threads as asked");
  check(arguments);
  arguments.api.token = find_token(arguments.token_file);
  arguments.api.timeout_s = arguments.http.timeout_s;
  Listener listener(arguments.host, arguments.port);
  require<UsageError>(listener.is_loopback() || arguments.api.token.is_required(), "--host ",
                      arguments.host,
                      ": others can reach it: expected a token, in --token-file or the variable "
                      "CREDENCE_TOKEN, found none");
  const EndRequests end(0);
  const int threads = set_up_threads(communicator, arguments.threads).threads;
  const TrainedModel trained = load_run(arguments.choice, communicator);
  arguments.api.max_samples =
      std::max(arguments.api.max_samples, trained.experiment.predict.samples);
  warm_up(trained);

  ServiceMetrics metrics;
  PredictionService service(
      [&](const PredictionBatch& batch) {
        set_thread_count(threads);  // of the thread that this runs in
        Predictor predictor = make_predictor(trained, batch.samples);
        predictor.set_observer([&](std::int64_t, std::int64_t) {
          require_request(PredictionService::Clock::now() < batch.expires, overloaded,
                          "the prediction takes too long; try again, or with less");
        });
        return predictor.predict_each(batch.inputs);
      },
      arguments.service, &metrics);
  Api api(served(trained), service, metrics, arguments.api);
  listener.listen();  // whoever reads the address may connect
  std::cout << arguments.choice.run << " at http://" << listener.address() << std::endl;
  serve_http(listener, api, metrics, arguments.http, end.descriptor());
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("serve", "answer requests for predictions, with uncertainty, by HTTP");
  const auto arguments = std::make_shared<ServeArguments>();
  command->add_option("run", arguments->choice.run, "run directory")->required();
  command->add_option("overrides", arguments->choice.overrides, "key=value: data.path=/elsewhere");
  command->add_option("-p,--port", arguments->port, "TCP port (default 8080; 0: any free one)");
  command->add_option("--host", arguments->host,
                      "address to listen at (default 127.0.0.1: this machine alone)");
  command->add_option("--token-file", arguments->token_file,
                      "file with the token that requests must bring (default: the variable "
                      "CREDENCE_TOKEN); required for any --host that others can reach");
  command->add_option("--max-batch", arguments->service.max_batch,
                      "rows of requests that are answered together (default 64)");
  command->add_option("--max-wait-ms", arguments->service.max_wait_ms,
                      "milliseconds that a request waits for others to join it (default 2)");
  command->add_option("--max-queue", arguments->service.max_queue,
                      "requests that may wait (default 256)");
  command->add_option("--max-queue-rows", arguments->service.max_queue_rows,
                      "rows of them together (default 50000)");
  command->add_option("--max-rows", arguments->api.max_rows, "rows of a request (default 10000)");
  command->add_option("--max-samples", arguments->api.max_samples,
                      "weight draws that a request may ask for (default 1000, or the recipe's if "
                      "they are more)");
  command->add_option("--max-body-bytes", arguments->api.max_body_bytes,
                      "bytes of a request (default 8388608, at most 1 GiB)");
  command->add_option("--max-connections", arguments->http.max_connections,
                      "open connections (default 128)");
  command->add_option("--timeout-s", arguments->http.timeout_s,
                      "seconds in which a request must arrive, be predicted, and its answer be "
                      "taken, each (default 10)");
  command->add_option("--keep-alive-s", arguments->http.keep_alive_s,
                      "seconds that a connection may be silent between requests (default 30)");
  add_checkpoint_option(*command, arguments->choice.checkpoint);
  command->add_option("-t,--threads", arguments->threads,
                      "threads (default, and 0: all cores that it may use)");
  command->callback([arguments, &context] { run_serve(*arguments, context); });
}

}  // namespace credence::cli
