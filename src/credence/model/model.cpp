#include "credence/model/model.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "credence/base/errors.h"
#include "credence/base/text.h"

namespace credence {
namespace {

constexpr std::int64_t gradient_alignment = 16;  // elements: a cache line of float32

std::int64_t aligned(std::int64_t count) {
  return (count + gradient_alignment - 1) / gradient_alignment * gradient_alignment;
}

/// Runs `body`; if memory runs out, the error tells the layer.
template <class Body>
decltype(auto) for_layer(const std::string& name, const Body& body) {
  try {
    return body();
  } catch (const MemoryError& error) {
    throw MemoryError(concat("layer \"", name, "\": ", error.what()));
  } catch (const std::bad_alloc&) {
    throw MemoryError(concat("layer \"", name, "\": out of memory"));
  }
}

}  // namespace

Model::Model(const GraphSpec& graph, const ModelOptions& options)
    : name_(graph.name), input_shape_(graph.input), precision_(graph.precision), options_(options) {
  require<ConfigError>(!graph.nodes.empty(), "model \"", name_, "\": it has no layers");
  for (const NodeSpec& node : graph.nodes) add_node(node);
  for (const std::string& output : graph.outputs) outputs_.push_back(find(output));
  if (outputs_.empty()) outputs_.push_back(static_cast<int>(nodes_.size()) - 1);
  for (const int output : outputs_) {
    require<ConfigError>(output >= 0, "model \"", name_, "\": the input cannot be an output");
    require<ConfigError>(!nodes_[output].is_output, "model \"", name_, "\": layer \"",
                         nodes_[output].name, "\" is an output twice");
    nodes_[output].is_output = true;
  }
  for (const Node& node : nodes_)
    require<ConfigError>(node.consumers > 0 || node.is_output, "model \"", name_,
                         "\": nothing uses layer \"", node.name, "\" and it is no output");
  plan_fusion();
  plan_memory();
  plan_gradients();
  plan_prediction([](const Parameter&) { return false; });
  initialize(options.seed);
}

void Model::initialize(std::uint64_t seed) {
  for (Node& node : nodes_) node.layer->initialize(seed);
}

int Model::find(const std::string& node) const {
  if (node == "input") return -1;
  std::vector<std::string> known{"input"};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].name == node) return static_cast<int>(i);
    known.push_back(nodes_[i].name);
  }
  throw ConfigError(concat("model \"", name_, "\": ", unknown_name("layer", node, known)));
}

void Model::add_node(const NodeSpec& spec) {
  std::vector<std::string> in_use;
  for (const Node& node : nodes_) in_use.push_back(node.name);
  check_layer_name(spec.name, in_use);
  require<ConfigError>(!spec.sources.empty(), "model \"", name_, "\": layer \"", spec.name,
                       "\" has no source");
  Node node;
  node.name = spec.name;
  node.layer = spec.make_layer();
  std::vector<Shape> src_shapes;
  for (const std::string& source : spec.sources) {
    const int number = find(source);
    node.sources.push_back(number);
    src_shapes.push_back(number < 0 ? input_shape_ : nodes_[number].dst_shape);
    if (number >= 0) {
      ++nodes_[number].consumers;
      node.needs_diff |= nodes_[number].needs_diff;
    }
  }
  const LayerSetup setup{spec.name, options_.dtype, options_.max_batch, precision_};
  node.dst_shape = node.memory_shape =
      for_layer(spec.name, [&] { return node.layer->setup(setup, src_shapes); });
  node.needs_diff |= !node.layer->parameters().empty();
  add_parameters(*node.layer);
  nodes_.push_back(std::move(node));
}

void Model::add_parameters(Layer& layer) {
  const std::size_t first = beliefs_.size();
  if (auto* const variational = dynamic_cast<Variational*>(&layer))
    for (const Belief& belief : variational->beliefs()) beliefs_.push_back({belief});
  for (Parameter* parameter : layer.parameters()) {
    const std::size_t number = parameters_.size();
    parameters_.push_back(parameter);
    bool is_believed = false;
    for (std::size_t i = first; i < beliefs_.size(); ++i) {
      NumberedBelief& belief = beliefs_[i];
      if (parameter == &belief.posterior->mu) belief.mu = number;
      if (parameter == &belief.posterior->rho) belief.rho = number;
      is_believed |= parameter == &belief.posterior->mu || parameter == &belief.posterior->rho;
    }
    if (!is_believed) deterministic_.push_back(number);
  }
}

void Model::plan_fusion() {
  for (Node& node : nodes_) {
    const int source = node.sources[0];
    if (node.sources.size() != 1 || source < 0) continue;
    if (nodes_[source].consumers != 1 || nodes_[source].is_output) continue;
    const int runner = is_fused(nodes_[source]) ? nodes_[source].runs_in : source;
    if (!nodes_[runner].layer->absorb(*node.layer)) continue;
    node.runs_in = runner;
    for (Node& other : nodes_)
      if (other.runs_in == runner || &other == &nodes_[runner]) other.memory_shape = node.dst_shape;
  }
}

void Model::plan_memory() {
  for (Node& node : nodes_) for_layer(node.name, [&] { plan_memory(node); });
}

void Model::plan_memory(Node& node) {
  const int source = node.sources[0];
  const InPlace in_place = node.layer->in_place();
  if (in_place != InPlace::no && source >= 0 && nodes_[source].consumers == 1 &&
      !nodes_[source].is_output) {
    node.shares_source = in_place == InPlace::view || !nodes_[source].dst_is_needed;
    node.dst_is_needed = nodes_[source].dst_is_needed || in_place == InPlace::overwrites;
  } else {
    node.dst_is_needed = in_place == InPlace::overwrites;
  }
  node.shares_source |= is_fused(node);
  node.views_input = in_place == InPlace::view && (source < 0 || nodes_[source].views_input);
  if (node.views_input) {
    node.shares_source = false;
    node.dst_is_needed = true;  // it is not ours to overwrite
  }
  const Shape shape = node.memory_shape.prepend(options_.max_batch);
  if (node.shares_source) {
    node.dst_memory = nodes_[source].dst_memory.reshaped(shape);
    if (node.needs_diff) node.diff_memory = nodes_[source].diff_memory.reshaped(shape);
  } else {
    if (!node.views_input) node.dst_memory = Tensor(shape, options_.dtype);
    if (node.needs_diff) node.diff_memory = Tensor(shape, options_.dtype);
  }
}

void Model::plan_gradients() {
  std::int64_t total = 0;
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    nodes_[i].gradient_begin = total;
    for (const Parameter* parameter : nodes_[i].layer->parameters())
      total += aligned(parameter->value.size());
    nodes_[i].gradient_count = total - nodes_[i].gradient_begin;
  }
  gradients_ = Tensor({total}, options_.dtype);
  for (Node& node : nodes_) {
    std::int64_t begin = node.gradient_begin;
    for (Parameter* parameter : node.layer->parameters()) {
      parameter->gradient = gradients_.window(begin, parameter->value.shape());
      begin += aligned(parameter->value.size());
    }
  }
}

Shape Model::output_shape(std::size_t output) const {
  return nodes_[outputs_.at(output)].dst_shape;
}
LayerSummary Model::output_summary(std::size_t output) const {
  return nodes_[outputs_.at(output)].layer->summary();
}

const std::string& Model::output_name(std::size_t output) const {
  return nodes_[outputs_.at(output)].name;
}

const Tensor& Model::output(std::size_t output) const {
  return nodes_[outputs_.at(output)].dst;
}
Tensor& Model::diff_output(std::size_t output) {
  return nodes_[outputs_.at(output)].diff_dst;
}

void Model::bind_batch(const Tensor& src) {
  require<ShapeError>(src.shape().rank() > 0 && src.shape().without_leading() == input_shape_ &&
                          src.dtype() == options_.dtype,
                      "model \"", name_, "\": src must be ", name_of(options_.dtype), " [batch] + ",
                      input_shape_, ", got ", name_of(src.dtype()), " ", src.shape());
  const std::int64_t batch = src.shape()[0];
  require<ShapeError>(batch <= options_.max_batch, "model \"", name_, "\": at most ",
                      options_.max_batch, " rows, got ", batch);
  src_ = src;
  for (Node& node : nodes_) {
    node.dst = node.views_input ? src.reshaped(node.dst_shape.prepend(batch))
                                : node.dst_memory.rows(0, batch);
    if (node.needs_diff) node.diff_dst = node.diff_memory.rows(0, batch);
  }
}

void Model::plan_prediction(const std::function<bool(const Parameter&)>& varies) {
  const auto draws = [&](const Node& node) {
    return node.layer->draws_in_predictions() ||
           std::ranges::any_of(node.layer->parameters(),
                               [&](const Parameter* parameter) { return varies(*parameter); });
  };
  fixed_results_.clear();
  first_drawn_ = static_cast<std::size_t>(std::ranges::find_if(nodes_, draws) - nodes_.begin());
  const auto runner_of = [this](int node) {
    return is_fused(nodes_[node]) ? nodes_[node].runs_in : node;
  };
  const auto add = [&](int source) {
    if (source < 0 || nodes_[source].views_input) return;
    const int runner = runner_of(source);
    if (runner < static_cast<int>(first_drawn_) && std::ranges::count(fixed_results_, runner) == 0)
      fixed_results_.push_back(runner);
  };
  for (std::size_t i = first_drawn_; i < nodes_.size(); ++i)
    if (!is_fused(nodes_[i]))
      for (const int source : nodes_[i].sources) add(source);
  for (const int output : outputs_) add(output);
}

void Model::forward(const Tensor& src, const StepContext& context) {
  bind_batch(src);
  run(0, nodes_.size(), context);
}

std::vector<Tensor> Model::forward_fixed(const Tensor& src, const StepContext& context) {
  bind_batch(src);
  run(0, first_drawn_, context);
  std::vector<Tensor> results;
  for (const int node : fixed_results_) results.push_back(nodes_[node].dst);
  return results;
}

void Model::forward_drawn(const Tensor& src, std::span<const Tensor> fixed,
                          const StepContext& context) {
  require<InternalError>(fixed.size() == fixed_results_.size(), "model \"", name_,
                         "\": ", fixed.size(), " fixed results given, ", fixed_results_.size(),
                         " needed");
  bind_batch(src);
  for (std::size_t i = 0; i < fixed.size(); ++i) nodes_[fixed_results_[i]].dst.copy_from(fixed[i]);
  run(first_drawn_, nodes_.size(), context);
}

void Model::run(std::size_t begin, std::size_t end, const StepContext& context) {
  for (std::size_t i = begin; i < end; ++i) {
    Node& node = nodes_[i];
    if (is_fused(node)) continue;
    layer_sources_.clear();
    for (const int source : node.sources) layer_sources_.push_back(source_of(source));
    const TimedScope timed(context.training ? timeline_ : nullptr, node.forward_work);
    node.layer->forward(layer_sources_, node.dst, context);
  }
}

void Model::backward(const StepContext& context, const GradientReady& ready) {
  // A node's first consumer, in backward order, writes its gradient; the others add to it.
  diff_writes_.assign(nodes_.size(), Write::overwrite);
  for (const int output : outputs_) diff_writes_[output] = Write::add;
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    Node& node = nodes_[i];
    if (!node.needs_diff || is_fused(node)) continue;
    layer_sources_.clear();
    layer_diffs_.clear();
    for (const int source : node.sources) {
      layer_sources_.push_back(source_of(source));
      const bool wanted = source >= 0 && nodes_[source].needs_diff;
      layer_diffs_.push_back(wanted ? DiffSrc{&nodes_[source].diff_dst, diff_writes_[source]}
                                    : DiffSrc{});
      if (wanted) diff_writes_[source] = Write::add;
    }
    {
      const TimedScope timed(context.training ? timeline_ : nullptr, node.backward_work);
      node.layer->backward(layer_sources_, node.dst, node.diff_dst, layer_diffs_, context);
    }
    if (ready && node.gradient_count > 0) ready(node.gradient_begin, node.gradient_count);
  }
}

void Model::set_timeline(Timeline& timeline) {
  timeline_ = &timeline;
  for (Node& node : nodes_) {
    if (is_fused(node)) continue;
    node.forward_work = timeline.add_work(Phase::forward, node.name);
    if (node.needs_diff) node.backward_work = timeline.add_work(Phase::backward, node.name);
  }
}

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const Parameter* parameter : parameters_) count += parameter->value.size();
  return count;
}

void Model::centre_priors() {
  for (const NumberedBelief& belief : beliefs_)
    if (belief.prior->is_centred()) belief.posterior->centre = belief.posterior->mu.value.clone();
}

double Model::kl(const StepContext& context) const {
  double sum = 0;
  for (const NumberedBelief& belief : beliefs_) sum += belief.prior->kl(*belief.posterior, context);
  return sum;
}

double Model::add_kl_gradient(double scale, const StepContext& context, const ElementsReady& ready,
                              std::span<const WeightRange> parts) {
  const auto part_of = [&](std::size_t number) {
    return (parts.empty() ? WeightRange() : parts[number]).of(parameters_[number]->value.size());
  };
  double sum = 0;
  for (const NumberedBelief& belief : beliefs_)
    sum += belief.prior->add_kl_gradient(*belief.posterior, {scale, part_of(belief.mu)}, context,
                                         [&](std::int64_t begin, std::int64_t end) {
                                           ready(belief.mu, begin, end);
                                           ready(belief.rho, begin, end);
                                         });
  for (const std::size_t number : deterministic_) {
    const WeightRange part = part_of(number);
    parallel_for(part.count(), elementwise_pieces, [&](std::int64_t begin, std::int64_t end) {
      ready(number, part.begin + begin, part.begin + end);
    });
  }
  return sum;
}

std::vector<NodeSummary> Model::summary() const {
  std::vector<NodeSummary> rows;
  for (const Node& node : nodes_) {
    NodeSummary row{.name = node.name, .layer = node.layer->summary(), .dst = node.dst_shape};
    const std::vector<Parameter*> parameters = node.layer->parameters();
    for (const Parameter* parameter : parameters) row.parameters += parameter->value.size();
    if (!parameters.empty()) row.weights = parameters[0]->value.shape();
    const bool asks_for_src = std::ranges::any_of(
        node.sources, [this](int source) { return source >= 0 && nodes_[source].needs_diff; });
    row.forward_flops = node.layer->flops();
    row.backward_flops = row.forward_flops * (asks_for_src ? 2 : 1);
    if (is_fused(node)) row.runs_in = nodes_[node.runs_in].name;
    rows.push_back(row);
  }
  return rows;
}

bool Model::is_finite(std::size_t node) const {
  return with_real_type(options_.dtype, [&](auto zero) {
    const auto values = nodes_[node].dst.span<decltype(zero)>();
    return std::ranges::all_of(values, [](auto value) { return std::isfinite(value); });
  });
}

}  // namespace credence
