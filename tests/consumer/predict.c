#include <stdio.h>
#include <stdlib.h>

#include "credence/c_api/credence.h"

/* predict RUN: prints the mean of an example of zeros. */
int main(int argc, char** arguments) {
  credence_error error;
  credence_model* model = credence_load(argc > 1 ? arguments[1] : "", &error);
  if (!model) return fprintf(stderr, "%s\n", error.message), error.code;
  const int64_t outputs = credence_output_size(model);
  float* inputs = calloc((size_t)credence_input_size(model), sizeof *inputs);
  float* mean = calloc((size_t)outputs, sizeof *mean);
  const credence_predictions y = {.mean = mean};
  if (credence_predict(model, inputs, 1, 0, &y, &error) != 0)
    fprintf(stderr, "%s\n", error.message);
  else
    for (int64_t i = 0; i < outputs; ++i) printf("%g\n", mean[i]);
  free(mean);
  free(inputs);
  credence_free(model);
  return error.code;
}
