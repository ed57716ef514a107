#include "credence/config/model_section.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "credence/config/registries.h"
#include "credence/zoo/zoo.h"

namespace credence {
namespace {

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// The `layers` list. A layer without a name gets its type's and a number: conv2d_1.
GraphSpec read_layers(OptionReader& section) {
  GraphSpec graph;
  std::map<std::string, int> count;
  std::vector<std::string> names;
  for (OptionReader& reader : section.sequence("layers")) {
    const LayerEntry& entry = find_named(layer_registry(), reader);
    const std::string type = lower_case(reader.name());
    std::string name = concat(type, "_", ++count[type]);
    std::vector<std::string> sources;
    reader("name", name);
    reader.child("name").place().check([&] { check_layer_name(name, names); });
    names.push_back(name);
    reader("sources", sources);
    graph.add(name, entry.read(reader), sources);
  }
  section("outputs", graph.outputs);
  return graph;
}

/// The `bayesian` section, with what the model has by default.
void read_bayesian(OptionReader& reader, const std::vector<std::string>& default_layers,
                   const std::string& default_estimator, LayerSelection& selection,
                   VariationalSpec& variational, InitialWeightsOptions& weights) {
  selection.layers = default_layers;
  reader("layers", selection.layers);
  OptionReader& estimator = reader.child("estimator");
  variational.estimator = find_named(estimator_registry(), estimator,
                                     default_estimator.empty() ? "flipout" : default_estimator)
                              .prepare(estimator);
  OptionReader& prior = reader.child("prior");
  variational.prior = find_named(prior_registry(), prior, "gaussian").make(prior);
  if (variational.prior->is_centred() && weights.from.empty())
    prior.fail(concat(prior.name(), " is centred on trained weights: give model.weights, a run ",
                      "directory"));
  reader("initial_sigma", variational.initial_sigma);
  reader("biases", variational.biases);
  reader.expect("initial_sigma", variational.initial_sigma > 0 && variational.initial_sigma < 100,
                "more than 0 and less than 100");
  reader("relative_sigma", weights.relative_sigma);
  reader.expect("relative_sigma", weights.relative_sigma >= 0 && weights.relative_sigma < 100,
                "0 or more and less than 100");
  if (weights.relative_sigma > 0 && weights.from.empty())
    reader.child("relative_sigma")
        .fail("is relative to trained weights: give model.weights, a run directory");
  reader.check([&] {
    require<ConfigError>(
        !reader.given() || reader.child("layers").given() || !selection.layers.empty(),
        "no layer would have a posterior: give bayesian.layers, such as all");
  });
}

/// A model of the zoo and a list of layers exclude each other: an override of one takes the place
/// of the other in the file. With a model goes which of its layers have a posterior, and by which
/// estimator.
void settle_overrides(OptionReader& reader) {
  if (!reader.given() || !reader.node()->is_mapping()) return;
  const ConfigNode* const name = reader.node()->find("name");
  const ConfigNode* const layers = reader.node()->find("layers");
  const bool is_zoo_model = name && zoo().has(name->text);
  const bool lists = layers && layers->overridden && is_zoo_model && !name->overridden;
  const bool names =
      !replaced_name(reader, "name", "custom").empty() && !(layers && layers->has_override());
  if (!lists && !names) return;
  std::vector<std::string> gone{"bayesian.layers", "bayesian.estimator"};
  for (const char* key : {"layers", "outputs"})
    if (names) gone.emplace_back(key);
  if (lists) gone.emplace_back("name");
  reader.forget(gone);
  const ConfigNode* const bayesian = reader.node()->find("bayesian");
  const bool deterministic =
      lists || (is_zoo_model && zoo().find(name->text).variational_layers.empty());
  if (deterministic && bayesian && !bayesian->find("layers"))
    reader.forget(std::vector<std::string>{"bayesian.prior", "bayesian.initial_sigma",
                                           "bayesian.biases", "bayesian.relative_sigma"});
}

}  // namespace

ModelSection read_model_section(OptionReader& reader) {
  ModelSection section;
  LayerSelection selection;
  VariationalSpec variational;
  Precision precision = Precision::float32;
  settle_overrides(reader);
  reader("precision", precision);
  reader("weights", section.weights.from);
  const bool listed = reader.has("layers");
  if (listed) {
    section.name = "custom";
    reader("name", section.name);
    if (zoo().has(section.name))
      reader.child("name").fail(concat("\"", section.name,
                                       "\" is a model of the zoo, and layers are listed too (",
                                       reader.child("layers").place().where,
                                       "): remove one of them, or call the list otherwise"));
    const GraphSpec graph = read_layers(reader);
    read_bayesian(reader.child("bayesian"), {}, "", selection, variational, section.weights);
    section.make_graph = [graph](const Shape& input, std::int64_t) {
      GraphSpec copy = graph;
      copy.input = input;
      return copy;
    };
  } else {
    if (!reader.given()) reader.fail("expected the `name` of a model, or a list of `layers`");
    const ZooEntry& entry = find_named(zoo(), reader, "", "name");
    section.name = reader.name("name");
    read_bayesian(reader.child("bayesian"), entry.variational_layers, entry.estimator, selection,
                  variational, section.weights);
    section.make_graph = [graph = entry.graph](const Shape& input, std::int64_t outputs) {
      return graph({.input = input, .outputs = outputs});
    };
  }
  section.make_graph = [make = section.make_graph, name = section.name, precision, selection,
                        variational, place = reader.child("bayesian").child("layers").place()](
                           const Shape& input, std::int64_t outputs) {
    GraphSpec graph = make(input, outputs);
    graph.name = name;
    graph.precision = precision;
    place.check([&] { make_variational(graph, selection, variational); });
    return graph;
  };
  return section;
}

}  // namespace credence
