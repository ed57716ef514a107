// The body of a request for predictions, in each of its formats.

#include "fuzz/fuzz.h"

#include "credence/serve/predict_request.h"
#include "credence/serve/request_error.h"

using namespace credence;

namespace {

template <class Parse>
void feed(std::string_view body, Parse&& parse) {
  try {
    const PredictRequest request = parse(body);
    if (request.inputs.bytes() > 8 * body.size()) fuzz::fail("more inputs than the body has");
  } catch (const RequestError& error) {
    const bool is_of_client = error.status() == bad_syntax || error.status() == bad_content;
    if (!is_of_client) fuzz::fail(concat("status ", error.status(), ": ", error.what()));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of({data, size});
  feed(body, parse_json_request);
  feed(body, parse_npy_request);
  return 0;
}
