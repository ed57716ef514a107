#ifndef CREDENCE_C_API_CREDENCE_H
#define CREDENCE_C_API_CREDENCE_H

/*
 * Predictions of a trained network, from C and what calls C.
 *
 *   credence_error error;
 *   credence_model *model = credence_load("runs/small", &error);
 *   if (!model) { fprintf(stderr, "%s\n", error.message); return error.code; }
 *   float *mean = malloc(sizeof *mean * count * credence_output_size(model));
 *   credence_predictions predictions = {.mean = mean};
 *   credence_predict(model, inputs, count, 0, &predictions, &error);
 *   credence_free(model);
 *
 * Whatever can fail returns 0 if it did not, else a code of sysexits.h (65 data, 74 read error, 78
 * configuration ...), the same as the program's exit code, and says why in `error`, which may be
 * NULL. A model serves one thread at a time; several models are independent of each other.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct credence_model credence_model;

typedef struct credence_error {
  int code;
  char message[1024]; /* cut where it is longer */
} credence_error;

/* "0.1.0". */
const char* credence_version(void);

/* The network of a run directory, as `credence predict` uses it; NULL if that fails. */
credence_model* credence_load(const char* run, credence_error* error);
/* NULL is no model, and nothing happens. */
void credence_free(credence_model* model);

/* The shape of one example: its axes, their extents, and the product of these. */
int credence_input_rank(const credence_model* model);
int64_t credence_input_extent(const credence_model* model, int axis); /* 0 if there is none */
int64_t credence_input_size(const credence_model* model);
/* Classes, or targets of a regression. */
int64_t credence_output_size(const credence_model* model);
/* Classes; 0 for a regression. */
int64_t credence_classes(const credence_model* model);
/* Draws of the weights that the run's recipe asks for. */
int64_t credence_samples(const credence_model* model);

/* Where predictions go, row after row; NULL: not asked for. */
typedef struct credence_predictions {
  float* mean;               /* [count, output_size] */
  float* predictive_entropy; /* [count], nats; of classes */
  float* mutual_information; /* [count], nats; of classes */
  float* sigma;              /* [count, output_size]; these four of a density */
  float* epistemic_sigma;
  float* lower;
  float* upper;
} credence_predictions;

/* Predicts `count` examples, [count, input extents ...], in the units of the training data and
 * images as value * (1.0f / 255), with so many draws of the weights; 0: as many as the recipe asks
 * for. Nothing is written unless it returns 0. 64 if a figure is asked for that the network has
 * not. */
int credence_predict(credence_model* model, const float* inputs, int64_t count, int64_t samples,
                     const credence_predictions* predictions, credence_error* error);

#ifdef __cplusplus
}
#endif

#endif
