#include "credence/config/loss_section.h"

#include <algorithm>
#include <utility>

#include "credence/base/errors.h"
#include "credence/config/overrides.h"
#include "credence/config/registries.h"
#include "credence/layers/learned_sigma.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/losses/mean_squared_error.h"

namespace credence {
namespace {

/// ConfigError, with advice, for a loss that the network or the data cannot have.
void check_loss(const Loss& loss, const Model& model, const Dataset& data) {
  const bool ends_in_softmax = model.output_summary().type == "Softmax";
  require<ConfigError>(loss.takes_probabilities() == ends_in_softmax, loss.name(),
                       loss.takes_probabilities()
                           ? " of probabilities needs a Softmax layer at the end"
                           : " does not take the probabilities of a Softmax layer",
                       "; model \"", model.name(), "\"");
  const bool of_regression = is_regression(loss.problem());
  const bool has_classes = data.target_info().classes > 0;
  require<ConfigError>(
      of_regression || has_classes, loss.name(), " is for classes, which the data",
      " do not have: regression takes train.loss=mean_squared_error, gaussian, or auto");
  require<ConfigError>(!of_regression || !has_classes, loss.name(), " is for regression, got ",
                       data.target_info().classes,
                       " classes: these take train.loss=categorical_cross_entropy, or auto");
  require<ConfigError>(has_likelihood(loss.problem()) || !model.is_bayesian(), loss.name(),
                       " is no likelihood, so a network with a posterior cannot weigh its KL "
                       "against it: train it with train.loss=gaussian, or without a posterior, by "
                       "model.bayesian.layers=[]; model \"",
                       model.name(), "\"");
}

}  // namespace

LossSection read_loss_section(OptionReader& reader) {
  LossSection section;
  const std::string name = reader.name("type", "auto", loss_registry().names());
  std::function<std::unique_ptr<Loss>()> chosen;
  if (name != "auto")
    chosen = find_named(loss_registry(), reader, "auto").prepare(reader);
  else
    forget_replaced(reader, "type", "auto", options_in(loss_registry()));
  section.choose_loss = [chosen](std::int64_t classes,
                                 bool ends_in_softmax) -> std::unique_ptr<Loss> {
    if (chosen) return chosen();
    if (classes == 0) return std::make_unique<MeanSquaredError>();
    return std::make_unique<CategoricalCrossEntropy>(
        CategoricalCrossEntropyOptions{.from_logits = !ends_in_softmax});
  };
  section.make_loss = [choose = section.choose_loss, place = reader.place()](const Model& model,
                                                                             const Dataset& data) {
    const std::int64_t classes = data.target_info().classes;
    std::unique_ptr<Loss> loss = choose(classes, model.output_summary().type == "Softmax");
    place.check([&] {
      check_loss(*loss, model, data);
      try {
        loss->setup(model.output_shape(), data.target_shape(), classes);
      } catch (const ShapeError& error) {
        throw ConfigError(
            concat(error.what(), "; the output is that of layer \"", model.output_name(), "\""));
      }
    });
    return loss;
  };
  return section;
}

void add_learned_parameter(GraphSpec& graph, const Loss& loss, std::int64_t targets) {
  constexpr const char* name = "sigma";
  const std::optional<double> rho = loss.learned_rho();
  if (!rho) return;
  require<ConfigError>(std::ranges::count(graph.nodes, name, &NodeSpec::name) == 0,
                       "learn_sigma adds a layer \"", name,
                       "\" to the network, which has one of that name: call it otherwise");
  std::vector<std::string> sources;
  if (!graph.outputs.empty()) sources = {std::exchange(graph.outputs[0], name)};
  graph.add_with<LearnedSigma>(name, {.targets = targets, .initial_rho = *rho}, sources);
}

}  // namespace credence
