#include "credence/records/tensorboard.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/distributions/softplus.h"
#include "credence/records/event_values.h"

namespace credence {
namespace {

std::string tag_of(const HistogramTime& time, const std::string& name) {
  return time.member > 0 ? concat("member_", time.member, "/", name) : name;
}

}  // namespace

TensorBoard::TensorBoard(const std::filesystem::path& run, EventFile::Clock clock)
    : file_(run / event_file_name(clock()), clock) {}

void TensorBoard::begin(const std::string& recipe, std::span<const Field> hyperparameters) {
  hyperparameters_.assign(hyperparameters.begin(), hyperparameters.end());
  file_.write_start(0);
  file_.write(0, {text_value("recipe", concat("```yaml\n", recipe, "```\n")),
                  session_start_value(hyperparameters_, file_.now())});
}

void TensorBoard::resume(const HistogramTime& last, std::span<const Field> hyperparameters) {
  hyperparameters_.assign(hyperparameters.begin(), hyperparameters.end());
  // Members of an ensemble count their steps each on its own: a later step of an earlier one
  // counts.
  if (last.member == 0) file_.write_start(last.step + 1);
}

void TensorBoard::write(std::int64_t step, const std::vector<NamedValue>& scalars) {
  std::vector<WireMessage> values;
  for (const auto& [name, value] : scalars) values.push_back(scalar_value(name, value));
  file_.write(step, values);
}

void TensorBoard::write(const HistogramTime& time,
                        const std::vector<ParameterHistogram>& histograms) {
  std::vector<WireMessage> values;
  for (const auto& [layer, quantity, histogram] : histograms)
    values.push_back(histogram_value(tag_of(time, concat(layer, "/", quantity)), histogram));
  file_.write(time.step, values);
}

void TensorBoard::write_kernels(const HistogramTime& time, const Model& model) {
  const auto is_kernel = [](const Parameter* parameter) {
    return parameter->value.shape().rank() == 4;
  };
  const auto write_image = [&](const std::string& parameter, const char* quantity,
                               const Tensor& weights) {
    const std::string layer = parameter.substr(0, parameter.rfind('.'));
    const std::string tag = tag_of(time, concat(layer, ".kernels/", quantity));
    file_.write(time.step, {image_value(tag, kernel_image(weights))});
  };
  const auto& parameters = model.parameters();
  const auto first = std::ranges::find_if(parameters, is_kernel);
  if (first == parameters.end()) return;
  for (const Belief& belief : model.beliefs()) {
    if (*first != &belief.posterior->mu) continue;
    Tensor sigma = belief.posterior->rho.value.clone();
    for (float& value : sigma.span<float>()) value = softplus(value);
    write_image(belief.posterior->name, "mu", (*first)->value);
    return write_image(belief.posterior->name, "sigma", sigma);
  }
  write_image((*first)->name, "weight", (*first)->value);
}

void TensorBoard::finish(std::int64_t step, const std::vector<NamedValue>& results) {
  write(step, results);
  std::vector<std::string> names;
  for (const auto& [name, value] : results) names.push_back(name);
  file_.write(step, {experiment_value(hyperparameters_, names, file_.now()),
                     session_end_value(file_.now())});
}

}  // namespace credence
