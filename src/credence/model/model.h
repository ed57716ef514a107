#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "credence/base/timeline.h"
#include "credence/model/graph_spec.h"

namespace credence {

struct ModelOptions {
  DType dtype = DType::float32;
  std::int64_t max_batch = 1;  ///< rows of a forward pass at most
  std::uint64_t seed = 1;      ///< of the initial weights
};

/// A row of the table of layers.
struct NodeSummary {
  std::string name;
  LayerSummary layer;
  std::int64_t parameters = 0;
  Shape dst;                  ///< of one example
  Shape weights;              ///< of the layer's first parameter; rank 0 if it has none
  double forward_flops = 0;   ///< of one example
  double backward_flops = 0;  ///< of one example
  std::string runs_in;        ///< the node that does this one's work too, if any
};

/// A graph of layers with memory for activations, gradients and parameters, all made at the start.
class Model {
 public:
  /// Errors: ConfigError for a graph that is not one (unknown source, a name twice); ShapeError,
  /// naming the layer, for shapes that do not fit.
  Model(const GraphSpec& graph, const ModelOptions& options);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const std::string& name() const { return name_; }
  const Shape& input_shape() const { return input_shape_; }
  Shape output_shape(std::size_t output = 0) const;
  DType dtype() const { return options_.dtype; }
  std::int64_t max_batch() const { return options_.max_batch; }

  /// Draws the parameters' initial values again, under another seed.
  void initialize(std::uint64_t seed);

  /// Runs src [n, ...], n <= max_batch. The outputs stay as they are until the next forward pass.
  void forward(const Tensor& src, const StepContext& context);
  /// The same in two parts, for predictions with many draws of the weights: first the layers before
  /// any that draws them. Returns what the others read of their results.
  std::vector<Tensor> forward_fixed(const Tensor& src, const StepContext& context);
  /// Then the others, with `fixed` a copy of what forward_fixed() returned for this src.
  void forward_drawn(const Tensor& src, std::span<const Tensor> fixed, const StepContext& context);
  const Tensor& output(std::size_t output = 0) const;
  /// Where the gradient of the loss with respect to an output goes before backward().
  Tensor& diff_output(std::size_t output = 0);

  /// Called when elements [offset, offset + count) of gradients() are final.
  using GradientReady = std::function<void(std::int64_t offset, std::int64_t count)>;
  /// The backward pass of the last forward pass. Overwrites gradients().
  void backward(const StepContext& context, const GradientReady& ready = {});

  /// Tells `timeline`, from now on, how long each layer takes in training. It must outlive the
  /// model.
  void set_timeline(Timeline& timeline);

  /// In the order of the layers.
  const std::vector<Parameter*>& parameters() const { return parameters_; }
  std::int64_t parameter_count() const;
  /// Every parameter's gradient in one piece, in the order in which a backward pass finishes them,
  /// each at a multiple of 16 elements, zeros between.
  Tensor& gradients() { return gradients_; }
  const Tensor& gradients() const { return gradients_; }

  std::size_t output_count() const { return outputs_.size(); }
  /// Of the layer whose result the output is.
  LayerSummary output_summary(std::size_t output = 0) const;
  const std::string& output_name(std::size_t output = 0) const;

  /// Whether a layer has a posterior, and the model a KL.
  bool is_bayesian() const { return !beliefs_.empty(); }
  /// Its posteriors, in the order of the layers, each with its prior.
  std::vector<Belief> beliefs() const { return {beliefs_.begin(), beliefs_.end()}; }
  /// Whether predictions differ from draw to draw.
  bool draws_in_predictions() const { return first_drawn_ < nodes_.size(); }
  /// Says that each draw of a prediction sets these parameters anew: forward_fixed() then ends
  /// before the first layer that has one.
  void set_varying(const std::function<bool(const Parameter&)>& varies) { plan_prediction(varies); }
  /// Centres the priors that ask for it (Prior::is_centred) on the means that the posteriors have
  /// now: to be called before a training, or what resumes one, changes them.
  void centre_priors();
  /// Summed over the layers with a posterior, nats; see Prior.
  double kl(const StepContext& context) const;
  /// Called when elements [begin, end) of a parameter, by its number in parameters(), have their
  /// whole gradient: from several threads at once.
  using ElementsReady =
      std::function<void(std::size_t parameter, std::int64_t begin, std::int64_t end)>;
  /// Adds `scale` times the gradient of kl to gradients(), and returns kl. Calls `ready` once for
  /// each element of each parameter; it may move the element. If `parts` are given, by the numbers
  /// of the parameters, then for these elements alone, and kl is that of these weights; mu and rho
  /// of a weight are in them, or are not, together.
  double add_kl_gradient(double scale, const StepContext& context, const ElementsReady& ready,
                         std::span<const WeightRange> parts = {});

  std::vector<NodeSummary> summary() const;
  std::size_t node_count() const { return nodes_.size(); }
  const std::string& node_name(std::size_t node) const { return nodes_[node].name; }
  Layer& layer(std::size_t node) { return *nodes_[node].layer; }
  /// Whether the node's output of the last forward pass is finite.
  bool is_finite(std::size_t node) const;

 private:
  struct Node {
    std::string name;
    std::unique_ptr<Layer> layer;
    std::vector<int> sources;  // node numbers; -1 is the input
    int consumers = 0;
    bool is_output = false;
    int runs_in = -1;            // the node that does this one's work in its own passes, if any
    bool shares_source = false;  // dst and diff_dst lie in the source's memory
    bool views_input = false;    // dst is the input under another shape
    bool dst_is_needed = false;  // by a backward pass: not to be overwritten in place
    bool needs_diff = false;     // it, or a node before it, has parameters
    Shape dst_shape;             // of one example
    Shape memory_shape;          // the same, or that of the last node that runs in this one
    Tensor dst_memory, diff_memory;
    Tensor dst, diff_dst;  // the rows of the current batch
    std::int64_t gradient_begin = 0, gradient_count = 0;
    int forward_work = 0, backward_work = 0;  // in the timeline
  };

  int find(const std::string& node) const;
  void add_node(const NodeSpec& spec);
  void add_parameters(Layer& layer);
  void plan_fusion();
  void plan_memory();
  void plan_memory(Node& node);
  void plan_gradients();
  void plan_prediction(const std::function<bool(const Parameter&)>& varies);
  void bind_batch(const Tensor& src);
  void run(std::size_t begin, std::size_t end, const StepContext& context);
  const Tensor& source_of(int node) const { return node < 0 ? src_ : nodes_[node].dst; }
  bool is_fused(const Node& node) const { return node.runs_in >= 0; }

  std::string name_;
  Shape input_shape_;
  Precision precision_;
  ModelOptions options_;
  std::vector<Node> nodes_;
  std::vector<int> outputs_;
  std::vector<Parameter*> parameters_;
  struct NumberedBelief : Belief {
    std::size_t mu = 0, rho = 0;  // the numbers of its parameters
  };
  std::vector<NumberedBelief> beliefs_;
  std::vector<std::size_t> deterministic_;  // parameters without a posterior
  std::size_t first_drawn_ = 0;     // the first node that draws weights; node_count() if none does
  std::vector<int> fixed_results_;  // nodes before it that nodes from it on read
  Tensor gradients_;
  Tensor src_;
  std::vector<Tensor> layer_sources_;
  std::vector<DiffSrc> layer_diffs_;
  std::vector<Write> diff_writes_;  // by node, during a backward pass
  Timeline* timeline_ = nullptr;
};

}  // namespace credence
