#include "credence/c_api/credence.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "credence/base/version.h"
#include "credence/config/trained_model.h"
#include "credence/data/inputs.h"

struct credence_model {
  credence::TrainedModel trained;

  const credence::Dataset& like() const { return *trained.data.train; }
};

namespace {

using namespace credence;

void tell(credence_error* error, ExitCode code, const std::string& message) {
  if (!error) return;
  error->code = static_cast<int>(code);
  const std::size_t length = std::min(message.size(), sizeof error->message - 1);
  std::memcpy(error->message, message.data(), length);
  error->message[length] = '\0';
}

/// Runs `body`: no exception leaves for C.
template <class Body>
int guarded(credence_error* error, Body body) {
  ExitCode code = ExitCode::success;
  std::string message;
  try {
    body();
  } catch (const Error& failure) {
    code = failure.exit_code();
    message = failure.what();
  } catch (const std::bad_alloc&) {
    code = ExitCode::config;
    message = "out of memory";
  } catch (const std::exception& failure) {
    code = ExitCode::internal;
    message = concat("internal error: ", failure.what());
  }
  tell(error, code, message);
  return static_cast<int>(code);
}

/// What is asked for and where it is.
std::array<std::pair<float*, const Tensor*>, 7> figures(const credence_predictions& to,
                                                        const Predictions& p) {
  return {{{to.mean, &p.mean},
           {to.predictive_entropy, &p.predictive_entropy},
           {to.mutual_information, &p.mutual_information},
           {to.sigma, &p.sigma},
           {to.epistemic_sigma, &p.epistemic_sigma},
           {to.lower, &p.lower},
           {to.upper, &p.upper}}};
}

void write(const Predictions& predictions, const credence_predictions& to) {
  constexpr std::array names{"mean",  "predictive_entropy", "mutual_information",
                             "sigma", "epistemic_sigma",    "lower",
                             "upper"};
  const auto all = figures(to, predictions);
  for (std::size_t i = 0; i < all.size(); ++i)
    require<UsageError>(!all[i].first || !all[i].second->empty(), "credence_predict: ", names[i],
                        ": the network gives none; expected NULL");
  for (const auto& [destination, tensor] : all)
    if (destination) std::ranges::copy(tensor->span<float>(), destination);
}

}  // namespace

const char* credence_version(void) {
  return version().data();
}

credence_model* credence_load(const char* run, credence_error* error) {
  credence_model* model = nullptr;
  guarded(error, [&] {
    require<UsageError>(run != nullptr, "credence_load: expected a run directory, got NULL");
    model = new credence_model{load_run(run)};
  });
  return model;
}

void credence_free(credence_model* model) {
  delete model;
}

int credence_input_rank(const credence_model* model) {
  return model->like().src_shape().rank();
}

int64_t credence_input_extent(const credence_model* model, int axis) {
  const Shape shape = model->like().src_shape();
  return axis >= 0 && axis < shape.rank() ? shape[axis] : 0;
}

int64_t credence_input_size(const credence_model* model) {
  return model->like().src_shape().size();
}

int64_t credence_output_size(const credence_model* model) {
  return model->trained.loss->prediction_shape(model->trained.model->output_shape()).size();
}

int64_t credence_classes(const credence_model* model) {
  return model->like().target_info().classes;
}

int64_t credence_samples(const credence_model* model) {
  return model->trained.experiment.predict.samples;
}

int credence_predict(credence_model* model, const float* inputs, int64_t count, int64_t samples,
                     const credence_predictions* predictions, credence_error* error) {
  return guarded(error, [&] {
    require<UsageError>(model && inputs && predictions,
                        "credence_predict: expected a model, inputs and predictions, got NULL");
    require<UsageError>(count >= 1, "credence_predict: expected 1 example or more, got ", count);
    require<UsageError>(samples >= 0, "credence_predict: expected 0 draws or more, got ", samples);
    Tensor array(model->like().src_shape().prepend(count));
    std::copy_n(inputs, array.size(), array.data<float>());
    const auto drawn = samples > 0 ? std::optional(samples) : std::nullopt;
    write(predict(model->trained, *inputs_of(array, "inputs", model->like()), drawn), *predictions);
  });
}
