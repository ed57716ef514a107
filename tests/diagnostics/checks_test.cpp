#include <cmath>

#include "diagnostics/small_subject.h"
#include <gmock/gmock.h>

#include "credence/bayes/cross_entropy_prior.h"
#include "credence/bayes/local_reparameterization.h"
#include "credence/config/registries.h"
#include "credence/diagnostics/estimator_check.h"
#include "credence/diagnostics/gradient_check.h"
#include "credence/diagnostics/gradient_variance.h"
#include "credence/diagnostics/kl_check.h"
#include "credence/kernels/elementwise.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Passes everything on; its gradient is too large by `factor`, in float32 alone if asked.
class Amplifier : public Layer {
 public:
  explicit Amplifier(double factor, bool only_float32 = false)
      : factor_(factor), only_float32_(only_float32) {}

  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override {
    if (only_float32_ && setup.dtype != DType::float32) factor_ = 1;
    return only_source(setup, src_shapes);
  }
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext&) override {
    copy(src[0], dst, Write::overwrite);
  }
  void backward(std::span<const Tensor>, const Tensor&, const Tensor& diff_dst,
                std::span<DiffSrc> diff_src, const StepContext&) override {
    transform(diff_dst, diff_dst, *diff_src[0].tensor, diff_src[0].write,
              [this](auto d, auto) { return static_cast<decltype(d)>(factor_) * d; });
  }
  LayerSummary summary() const override { return {.type = "Amplifier"}; }

 private:
  double factor_;
  bool only_float32_;
};

GraphSpec amplified(double factor, bool only_float32 = false) {
  GraphSpec graph = small_network();
  graph.nodes.back().sources = {"amplifier"};
  NodeSpec head = graph.nodes.back();
  graph.nodes.pop_back();
  graph.add("amplifier",
            LayerFactory([=] { return std::make_unique<Amplifier>(factor, only_float32); }));
  graph.nodes.push_back(head);
  return graph;
}

/// A Gaussian prior whose KL or its gradient is not what it should be.
class WrongPrior : public Prior {
 public:
  enum class Mistake { averages, half_gradient };
  explicit WrongPrior(Mistake mistake) : mistake_(mistake) {}

  double kl(const MeanFieldGaussian& posterior, const StepContext& context) const override {
    const double sum = right_.kl(posterior, context);
    return mistake_ == Mistake::averages ? sum / static_cast<double>(posterior.mu.value.size())
                                         : sum;
  }
  double add_kl_gradient(MeanFieldGaussian& posterior, const KlGradient& wanted,
                         const StepContext& context, const ElementsDone& added) const override {
    const double wrong = mistake_ == Mistake::half_gradient ? 0.5 : 1;
    return right_.add_kl_gradient(posterior, {wrong * wanted.scale, wanted.weights}, context,
                                  added);
  }
  void log_density(const MeanFieldGaussian& posterior, std::span<const double> weights,
                   std::span<double> log_density) const override {
    right_.log_density(posterior, weights, log_density);
  }

 private:
  GaussianPrior right_;
  Mistake mistake_;
};

/// Local reparameterization that claims to draw weights: pixels do not share them.
class ByPixel : public LocalReparameterization {
  bool draws_weights() const override { return true; }
};

/// Flipout that departs from the mean by a tenth too much.
class TooNoisy : public Flipout {
  void forward(const VariationalMap& layer, const Tensor& src, Tensor& dst,
               const StepContext& context) override {
    Tensor mean(dst.shape());
    layer.map.forward(src, layer.weight.mu.value, layer.bias ? &layer.bias->value : nullptr, mean);
    Flipout::forward(layer, src, dst, context);
    transform(dst, mean, dst, Write::overwrite,
              [](auto x, auto m) { return m + (x - m) * decltype(x)(1.1); });
  }
};

VariationalSpec with_prior(std::shared_ptr<const Prior> prior) {
  VariationalSpec spec = variational<Flipout>();
  spec.prior = std::move(prior);
  return spec;
}

const auto passed = Field(&CheckRow::verdict, Verdict::ok);
const auto failed = Field(&CheckRow::verdict, Verdict::failed);

TEST(GradientCheck, PassesForDeterministicAndBayesianNetworks) {
  for (const CheckRow& row :
       {check_gradients(SmallSubject(small_network()).subject()),
        check_gradients(SmallSubject(small_network(), variational<Flipout>()).subject())}) {
    EXPECT_THAT(row, passed) << row.figure << ", " << row.says;
    EXPECT_LT(row.figure, 1e-5);
    EXPECT_GT(row.figure, 0);
  }
}

TEST(GradientCheck, FailsIfABackwardPassIsOffByAPercent) {
  const CheckRow row = check_gradients(SmallSubject(amplified(1.01)).subject());
  EXPECT_THAT(row, AllOf(failed, Field(&CheckRow::says, HasSubstr("conv1"))));
  EXPECT_NEAR(row.figure, 0.01, 0.001);
  EXPECT_THAT(check_gradients(SmallSubject(amplified(1)).subject()), passed);
}

TEST(GradientCheck, FailsIfTheGradientOfTheKlIsWrong) {
  const auto wrong = std::make_shared<WrongPrior>(WrongPrior::Mistake::half_gradient);
  EXPECT_THAT(check_gradients(SmallSubject(small_network(), with_prior(wrong)).subject()), failed);
}

TEST(GradientCheck, FailsForWhatIsNoNumber) {
  SmallSubject small(small_network());
  small.model.parameters()[0]->value.span<float>()[0] = std::nanf("");
  EXPECT_THAT(check_gradients(small.subject()), failed);
}

TEST(KernelCheck, PassesAndFailsIfFloat32AloneIsWrong) {
  const VariationalSpec flipout = variational<Flipout>();
  EXPECT_THAT(check_kernels(SmallSubject(small_network(), flipout).subject()), passed);
  EXPECT_THAT(check_kernels(SmallSubject(amplified(1.01, true), flipout).subject()), failed);
  EXPECT_THAT(check_gradients(SmallSubject(amplified(1.01, true), flipout).subject()), passed);
}

TEST(KlCheck, PassesForEveryPrior) {
  for (const std::string& name : prior_registry().names()) {
    OptionReader defaults;
    const std::shared_ptr<const Prior> prior = prior_registry().find(name).make(defaults);
    SmallSubject small(small_network(), with_prior(prior));
    small.model.centre_priors();
    const std::vector<CheckRow> rows = check_kl(small.subject());
    EXPECT_THAT(rows, SizeIs(2));
    for (const CheckRow& row : rows)
      EXPECT_THAT(row, passed) << name << ": " << row.figure << ", " << row.says;
  }
}

TEST(KlCheck, PassesWhereThePosteriorIsThePrior) {
  SmallSubject small(small_network(), variational<Flipout>(1));
  for (const Belief& belief : small.model.beliefs()) belief.posterior->mu.value.fill(0);
  EXPECT_THAT(check_kl(small.subject()), Each(passed));
}

TEST(KlCheck, FailsIfTheKlIsAveraged) {
  const auto wrong = std::make_shared<WrongPrior>(WrongPrior::Mistake::averages);
  EXPECT_THAT(check_kl(SmallSubject(small_network(), with_prior(wrong)).subject()), Each(failed));
}

TEST(EstimatorCheck, PassesForEveryEstimatorWithAndWithoutPosteriorsOfBiases) {
  for (const std::string& name : estimator_registry().names())
    for (const bool biases : {false, true}) {
      OptionReader defaults;
      VariationalSpec spec = variational<Flipout>();
      spec.estimator = estimator_registry().find(name).prepare(defaults);
      spec.biases = biases;
      const std::vector<CheckRow> rows =
          check_estimators(SmallSubject(small_network(), spec).subject());
      EXPECT_THAT(rows, SizeIs(2));
      for (const CheckRow& row : rows)
        EXPECT_THAT(row, passed) << name << ": " << row.figure << ", " << row.says;
    }
}

TEST(EstimatorCheck, FailsIfTheNoiseIsTooLarge) {
  EXPECT_THAT(check_estimators(SmallSubject(small_network(), variational<TooNoisy>()).subject()),
              Each(failed));
}

TEST(EstimatorCheck, FailsIfPixelsDoNotShareTheDraw) {
  const std::vector<CheckRow> rows =
      check_estimators(SmallSubject(small_network(), variational<ByPixel>()).subject());
  EXPECT_THAT(rows[0], failed);  // the convolution
  EXPECT_THAT(rows[1], passed);  // a dense layer has no pixels
}

TEST(Checks, OfThePosteriorAreSkippedWithoutOne) {
  SmallSubject small(small_network());
  for (const auto& rows : {check_kl(small.subject()), check_estimators(small.subject())}) {
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].verdict, Verdict::skipped);
    EXPECT_EQ(rows[0].says, "no layer has a posterior");
  }
  EXPECT_TRUE(gradient_variances(small.subject(), {}).empty());
}

TEST(PartBefore, HasWhatALayerIsComputedFrom) {
  const GraphSpec part = part_before(small_network(), "pool1");
  EXPECT_EQ(part.nodes.size(), 3U);
  EXPECT_EQ(Model(part, {}).output_shape(), (Shape{3, 3, 4}));
  EXPECT_TRUE(part_before(small_network(), "input").nodes.empty());
}

std::vector<GradientVariance> variances(const GradientVarianceOptions& options) {
  std::vector<NamedEstimator> all;
  for (const char* name : {"flipout", "reparameterization", "per_example"}) {
    OptionReader defaults;
    all.push_back({name, estimator_registry().find(name).prepare(defaults)});
  }
  SmallSubject small(small_network(), variational<Flipout>());
  return gradient_variances(small.subject(), all, options);
}

double z(const VarianceTrace& a, const VarianceTrace& b) {
  return (a.value - b.value) / std::hypot(a.error, b.error);
}

/// With one example each of them draws that example's weights from the posterior.
TEST(GradientVariances, OfOneExampleAreTheSame) {
  const auto of = variances({.examples = 1, .pairs = 400});
  for (std::size_t i = 1; i < of.size(); ++i) {
    EXPECT_LT(std::abs(z(of[0].mu, of[i].mu)), 4) << of[i].estimator;
    EXPECT_LT(std::abs(z(of[0].rho, of[i].rho)), 4) << of[i].estimator;
  }
}

TEST(GradientVariances, OfABatchAreLargestWithOneDrawForAll) {
  const auto of = variances({.examples = 32, .pairs = 100});
  EXPECT_GT(z(of[1].mu, of[0].mu), 5);
  EXPECT_GT(z(of[1].rho, of[2].rho), 5);
}

}  // namespace
}  // namespace credence
