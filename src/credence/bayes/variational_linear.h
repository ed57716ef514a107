#pragma once

#include "credence/bayes/estimator.h"
#include "credence/bayes/prior.h"
#include "credence/layers/linear.h"

namespace credence {

/// How a layer's weights become distributions.
struct VariationalSpec {
  EstimatorFactory estimator;
  std::shared_ptr<const Prior> prior;
  double initial_sigma = 0.05;
};

/// What a layer with a posterior adds to the loss.
class Variational {
 public:
  virtual ~Variational() = default;
  virtual const MeanFieldGaussian& posterior() const = 0;
  /// KL(posterior || prior), nats, summed over the layer's weights; see Prior.
  virtual double kl(const StepContext& context) const = 0;
  /// Adds `scale` times its gradient to the parameters' gradients, and returns kl. Calls `added` as
  /// Prior does.
  virtual double add_kl_gradient(double scale, const StepContext& context,
                                 const ElementsDone& added) = 0;
};

/// A linear map whose kernel has a mean-field Gaussian posterior; the bias is a number. Parameters
/// `weight_mu`, `weight_rho`, `bias`. In training the estimator draws; predictions use one draw for
/// all examples, or the mean, as the context says.
class VariationalLinear : public Layer, public Variational {
 public:
  /// ConfigError unless initial_sigma is positive.
  VariationalLinear(LinearSpec linear, const VariationalSpec& variational);

  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override;
  void initialize(std::uint64_t seed) override;
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) override;
  void backward(std::span<const Tensor> src, const Tensor& dst, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext& context) override;
  std::vector<Parameter*> parameters() override;
  bool absorb(const Layer& next) override;
  LayerSummary summary() const override;
  double flops() const override { return flops_; }
  bool draws_in_predictions() const override { return true; }

  const MeanFieldGaussian& posterior() const override { return weight_; }
  double kl(const StepContext& context) const override { return prior_->kl(weight_, context); }
  double add_kl_gradient(double scale, const StepContext& context,
                         const ElementsDone& added) override {
    return prior_->add_kl_gradient(weight_, scale, context, added);
  }

 private:
  VariationalMap variational_map();

  LinearSpec spec_;
  std::shared_ptr<const Prior> prior_;
  double initial_sigma_;
  std::unique_ptr<Estimator> estimator_;
  std::unique_ptr<LinearMap> map_;
  Epilogue epilogue_;
  double flops_ = 0;
  MeanFieldGaussian weight_;
  Parameter bias_;
  Perturbation predictive_;
  Tensor predictive_weights_;
};

}  // namespace credence
