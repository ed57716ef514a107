#include "credence/diagnostics/gradient_variance.h"

#include "credence/diagnostics/moments.h"

namespace credence {
namespace {

double half_squared_distance(const Tensor& a, const Tensor& b) {
  const auto x = a.span<float>(), y = b.span<float>();
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double off = static_cast<double>(x[i]) - static_cast<double>(y[i]);
    squares += off * off;
  }
  return squares / 2;
}

GradientVariance variance_with(const NamedEstimator& estimator, const Subject& subject,
                               const Examples& examples, std::int64_t pairs) {
  GraphSpec graph = subject.graph;
  for (NodeSpec& node : graph.nodes)
    if (node.variational) node.variational->estimator = estimator.make;
  Model model(graph, {.max_batch = examples.count(), .seed = subject.seed});
  copy_values(subject.model, model);
  const std::vector<Belief> beliefs = model.beliefs();
  const auto differentiate = [&](std::uint64_t step) {
    const StepContext context{.seed = subject.seed, .step = step, .global_batch = examples.count()};
    model.forward(examples.src, context);
    subject.loss.forward(model.output(), examples.target, static_cast<double>(examples.count()),
                         &model.diff_output());
    model.backward(context);
  };
  Moments of_mu, of_rho;
  for (std::int64_t pair = 0; pair < pairs; ++pair) {
    differentiate(2 * static_cast<std::uint64_t>(pair));
    std::vector<Tensor> mu, rho;
    for (const Belief& belief : beliefs) {
      mu.push_back(belief.posterior->mu.gradient.clone());
      rho.push_back(belief.posterior->rho.gradient.clone());
    }
    differentiate(2 * static_cast<std::uint64_t>(pair) + 1);
    double mu_distance = 0, rho_distance = 0;
    for (std::size_t i = 0; i < beliefs.size(); ++i) {
      mu_distance += half_squared_distance(mu[i], beliefs[i].posterior->mu.gradient);
      rho_distance += half_squared_distance(rho[i], beliefs[i].posterior->rho.gradient);
    }
    of_mu.add(mu_distance);
    of_rho.add(rho_distance);
  }
  return {.estimator = estimator.name,
          .mu = {of_mu.mean(), of_mu.standard_error()},
          .rho = {of_rho.mean(), of_rho.standard_error()}};
}

}  // namespace

std::vector<GradientVariance> gradient_variances(const Subject& subject,
                                                 std::span<const NamedEstimator> estimators,
                                                 const GradientVarianceOptions& options) {
  if (!subject.model.is_bayesian()) return {};
  const Examples examples = subject.examples(options.examples);
  std::vector<GradientVariance> variances;
  for (const NamedEstimator& estimator : estimators)
    variances.push_back(variance_with(estimator, subject, examples, options.pairs));
  return variances;
}

}  // namespace credence
