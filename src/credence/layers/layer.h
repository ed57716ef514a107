#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "credence/kernels/linear_map.h"
#include "credence/random/step_context.h"
#include "credence/tensor/parameter.h"

namespace credence {

/// What a layer is told once, before it runs.
struct LayerSetup {
  std::string name;  ///< "root.conv1"; begins the names of its parameters and keys its draws
  DType dtype = DType::float32;
  std::int64_t max_batch = 1;  ///< rows it will see at most
  Precision precision = Precision::float32;
};

/// Where a backward pass leaves the gradient of one source.
struct DiffSrc {
  Tensor* tensor = nullptr;  ///< null: nobody asks for it
  Write write = Write::overwrite;
};

/// A row of the table of layers.
struct LayerSummary {
  std::string type;
  std::string details;  ///< "flipout", "rate 0.5"
  std::string padding;
  std::string stride;
};

/// How a layer's dst may share the memory of its src.
enum class InPlace {
  no,
  overwrites,  ///< dst replaces src; the backward pass needs dst alone
  view,        ///< dst is src under another shape
};

/// A node's operation. Activations are [batch, ...], channels-last.
class Layer {
 public:
  virtual ~Layer() = default;

  /// Takes the shapes of one example of each source, gives that of one example of dst, and makes
  /// the parameters. ShapeError, naming the layer, if the sources do not fit.
  virtual Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) = 0;
  /// Draws the parameters' initial values: Stream::init, keyed by the parameter's name.
  virtual void initialize(std::uint64_t /*seed*/) {}
  virtual void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) = 0;
  /// Overwrites the gradients of the parameters; overwrites or adds to diff_src as told. `src`
  /// holds what the forward pass read, or, if in_place() is `overwrites`, `dst` what it wrote:
  /// never rely on both.
  virtual void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                        std::span<DiffSrc> diff_src, const StepContext& context) = 0;
  /// In a fixed order. The layer owns them.
  virtual std::vector<Parameter*> parameters() { return {}; }
  /// Asks the layer to do the work of `next`, its only consumer, in its own passes. If it can, its
  /// dst is from then on that of `next`, which is not called again.
  virtual bool absorb(const Layer& /*next*/) { return false; }
  virtual LayerSummary summary() const = 0;
  /// Floating-point operations of a forward pass over one example, where they count: of products
  /// with weights.
  virtual double flops() const { return 0; }
  /// Whether what it gives differs from one draw of a prediction to the next.
  virtual bool draws_in_predictions() const { return false; }
  /// Whether dst may lie in the memory of the (only) src, and diff_src in that of diff_dst.
  virtual InPlace in_place() const { return InPlace::no; }
};

/// The single shape of a layer with one source. ShapeError, naming the layer, otherwise.
const Shape& only_source(const LayerSetup& setup, std::span<const Shape> src_shapes);

}  // namespace credence
