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
  bool biases = false;  ///< whether they have a posterior too
};

/// A posterior, and what was believed before.
struct Belief {
  MeanFieldGaussian* posterior;
  const Prior* prior;
};

/// What a layer with posteriors adds to the loss: their KLs.
class Variational {
 public:
  virtual ~Variational() = default;
  /// In the order of the layer's parameters. The layer owns them.
  virtual std::vector<Belief> beliefs() = 0;
};

/// A linear map whose kernel has a mean-field Gaussian posterior. Parameters `weight_mu`,
/// `weight_rho`, `bias`; or, if biases have a posterior too, `bias_mu` and `bias_rho`. In training
/// the estimator draws weights, and biases are drawn once for the whole batch; predictions use one
/// draw for all examples, or the mean, as the context says.
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
  std::vector<Belief> beliefs() override;

 private:
  VariationalMap variational_map();
  bool draws_bias() const { return spec_.bias && biases_; }

  LinearSpec spec_;
  std::shared_ptr<const Prior> prior_;
  double initial_sigma_;
  bool biases_;
  std::unique_ptr<Estimator> estimator_;
  std::unique_ptr<LinearMap> map_;
  Epilogue epilogue_;
  double flops_ = 0;
  MeanFieldGaussian weight_, bias_posterior_;
  Parameter bias_;  // or the draw of this pass
  Perturbation predictive_, bias_draw_;
  Tensor predictive_weights_;
};

}  // namespace credence
