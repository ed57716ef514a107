#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "credence/bayes/weight_prior.h"
#include "credence/layers/linear.h"
#include "credence/model/model.h"

namespace credence {

/// A linear layer whose backward passes are watched: what the gradients of its weights, by example,
/// are made of. The weights are a matrix of an output a row, with the bias as its last column.
class CurvatureLayer {
 public:
  /// ConfigError, naming the layer, if its map is no convolution or dense map.
  CurvatureLayer(std::string name, Linear& layer);
  ~CurvatureLayer() { layer_.set_tap(nullptr); }
  CurvatureLayer(const CurvatureLayer&) = delete;
  CurvatureLayer& operator=(const CurvatureLayer&) = delete;

  const std::string& name() const { return name_; }
  std::int64_t outputs() const { return geometry_.filters; }
  std::int64_t inputs() const;  ///< of an output; the bias counts
  std::int64_t pixels() const { return geometry_.out_height() * geometry_.out_width(); }
  std::int64_t size() const { return outputs() * inputs(); }

  const Parameter& weight() const { return *layer_.parameters()[0]; }
  const Parameter* bias() const;  ///< null if there is none
  /// The prior's precision of the weights that meet an input, by input.
  std::vector<double> precisions(const WeightPrior& prior) const;

  std::int64_t examples() const { return src_.shape()[0]; }  ///< of the last backward pass
  /// What the last backward pass showed: of examples from `first` on, a pixel a row, what their
  /// outputs are sums of [pixels, inputs], and the gradients of these [pixels, outputs], float64.
  using Chunk = std::function<void(std::int64_t first, std::int64_t examples, const Tensor& sources,
                                   const Tensor& gradients)>;
  /// A few examples at a time.
  void for_each_chunk(const Chunk& body) const;

 private:
  std::string name_;
  Linear& layer_;
  Conv2dGeometry geometry_;
  Tensor src_, diff_;  // of the last backward pass
};

using CurvatureLayers = std::vector<std::unique_ptr<CurvatureLayer>>;

/// All of a network's linear layers, or the last of them. What has parameters behind it belongs to
/// the likelihood, as a learned sigma does. ConfigError, naming it, for other layers with
/// parameters before it, if those are not left out.
CurvatureLayers curvature_layers(Model& model, bool only_last);

/// A float64 matrix in float32.
Tensor to_float32(const Tensor& matrix);
/// Rows of a layer's matrix as they are in its weights, and its last column as in its bias.
Tensor weight_part(const CurvatureLayer& layer, const Tensor& matrix);
Tensor bias_part(const CurvatureLayer& layer, const Tensor& matrix);

}  // namespace credence
