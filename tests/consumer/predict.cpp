#include <iostream>

#include "credence/base/errors.h"
#include "credence/config/trained_model.h"
#include "credence/data/inputs.h"

using namespace credence;

// predict RUN FILE: prints the mean of each input.
int main(int count, char** arguments) try {
  require<UsageError>(count == 3, "expected RUN FILE, got ", count - 1, " arguments");
  const TrainedModel trained = load_run(arguments[1]);
  const auto inputs = read_inputs(arguments[2], *trained.data.train);
  const Predictions y = predict(trained, *inputs);
  for (const float mean : y.mean.span<float>()) std::cout << mean << '\n';
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return static_cast<int>(error.exit_code());
}
