/* client RUN COUNT [SAMPLES]: predicts COUNT examples of a pattern that c_api_test.py knows too,
 * and prints the figures of each. Exits with what the library returns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credence/c_api/credence.h"

static int fail(const credence_error* error) {
  fprintf(stderr, "%d %s\n", error->code, error->message);
  return error->code;
}

static void print(const char* name, const float* values, int64_t count) {
  printf("%s", name);
  for (int64_t i = 0; i < count; ++i) printf(" %.9g", values[i]);
  printf("\n");
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  credence_error error;
  credence_model* const model = credence_load(argv[1], &error);
  if (!model) return fail(&error);
  const int64_t count = atoll(argv[2]), samples = argc > 3 ? atoll(argv[3]) : 0;

  printf("shape");
  int64_t size = 1;
  for (int axis = 0; axis < credence_input_rank(model); ++axis) {
    printf(" %lld", (long long)credence_input_extent(model, axis));
    size *= credence_input_extent(model, axis);
  }
  printf("\n");
  if (size != credence_input_size(model) || credence_input_extent(model, 6) != 0) return 3;

  const int64_t width = credence_output_size(model), rows = count > 0 ? count : 1;
  const int is_classifier = credence_classes(model) > 0;
  float* const inputs = malloc(sizeof(float) * (size_t)(rows * size));
  float* const figures = malloc(sizeof(float) * (size_t)(rows * (2 * width + 2)));
  for (int64_t i = 0; i < rows * size; ++i) inputs[i] = (float)(i * 7 % 32) / 32;

  credence_predictions wanted = {.mean = figures};
  float* const second = figures + rows * width;
  if (is_classifier) {
    wanted.predictive_entropy = second;
    wanted.mutual_information = second + rows;
  } else {
    wanted.sigma = second;
  }
  memset(figures, 0x7f, sizeof(float) * (size_t)(rows * width));
  const float untouched = figures[0];
  int code = credence_predict(model, inputs, count, samples, &wanted, &error);
  if (code == 0) {
    print("mean", figures, count * width);
    print(is_classifier ? "predictive_entropy" : "sigma", second,
          is_classifier ? count : count * width);
    if (is_classifier) print("mutual_information", second + rows, count);

    /* What the network has not is refused, and nothing is written. */
    memset(figures, 0x7f, sizeof(float) * (size_t)(rows * width));
    credence_predictions other = {.mean = figures};
    *(is_classifier ? &other.upper : &other.mutual_information) = second;
    if (credence_predict(model, inputs, count, 1, &other, NULL) != 64) code = 4;
    if (memcmp(figures, &untouched, sizeof untouched) != 0) code = 5;
  } else {
    fail(&error);
  }
  free(figures);
  free(inputs);
  credence_free(model);
  return code;
}
