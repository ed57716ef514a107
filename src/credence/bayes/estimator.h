#pragma once

#include <functional>
#include <memory>

#include "credence/bayes/posterior.h"
#include "credence/kernels/linear_map.h"
#include "credence/layers/layer.h"

namespace credence {

/// A linear map whose weights have a posterior.
struct VariationalMap {
  LinearMap& map;
  MeanFieldGaussian& weight;
  Parameter* bias;  ///< null if there is none
};

/// What a layer's backward pass is given.
struct LayerPass {
  const Tensor& src;
  const Tensor& dst;
  const Tensor& diff_dst;
  DiffSrc diff_src;

  /// The same for its map.
  LinearBackward linear(Parameter* bias) const {
    return {.src = src,
            .dst = dst,
            .diff_dst = diff_dst,
            .diff_bias = bias ? &bias->gradient : nullptr,
            .diff_src = diff_src.tensor,
            .write = diff_src.write};
  }
};

/// How a training step draws the weights and estimates the gradient of the expected loss with
/// respect to mu and rho. Written over LinearMap: the same code for dense layers and convolutions.
class Estimator {
 public:
  virtual ~Estimator() = default;

  virtual std::string name() const = 0;
  virtual void setup(const LayerSetup& setup, const LinearMap& map) = 0;
  virtual void forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
                       const StepContext& context) = 0;
  /// Overwrites the gradients of mu, rho and bias; writes diff_src as told.
  virtual void backward(const VariationalMap& layer, const LayerPass& pass,
                        const StepContext& context) = 0;
  /// Whether what the map gives is what the layer gives, so that the map may have an epilogue.
  virtual bool allows_epilogue() const = 0;
  /// Whether what an example gets is what some draw of the weights gives it. Else only each element
  /// of it is distributed so.
  virtual bool draws_weights() const { return true; }
};

using EstimatorFactory = std::function<std::unique_ptr<Estimator>()>;

}  // namespace credence
