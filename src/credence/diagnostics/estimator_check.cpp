#include "credence/diagnostics/estimator_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/diagnostics/moments.h"
#include "credence/distributions/softplus.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/noise.h"

namespace credence {
namespace {

constexpr std::int64_t examples = 4;
constexpr std::int64_t figures = 32;  // elements, and as many sums
constexpr double limit = 6;           // of the largest |z| of 128 or less: 2.5e-7
constexpr double budget = 8e9;        // operations for a layer

/// A layer's inputs, as the network gives them with its mean weights.
Tensor inputs_of(const NodeSpec& node, const Subject& subject) {
  const Examples drawn = subject.examples(examples);
  const GraphSpec before = part_before(subject.graph, node.sources[0]);
  if (before.nodes.empty()) return drawn.src;
  Model model(before, {.max_batch = drawn.count(), .seed = subject.seed});
  copy_values(subject.model, model.parameters());
  model.forward(drawn.src, {.seed = subject.seed,
                            .global_batch = drawn.count(),
                            .training = false,
                            .weights = WeightSampling::mean});
  return model.output().clone();
}

/// Figures of a layer's output over the noise: of examples in turn, one element each, and the sum
/// of all elements with random signs.
class Figures {
 public:
  Figures(const Shape& dst, const Tensor& signs, std::uint64_t seed) : signs_(signs) {
    const std::int64_t row = dst.row_size();
    const NoiseKey key = noise_key(seed, Stream::noise, "check.estimators");
    for (std::int64_t i = 0; i < figures; ++i) {
      const std::uint64_t bits = draw_bits(key, {}, static_cast<std::uint64_t>(i));
      places_[i] =
          i % dst[0] * row + static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(row));
    }
  }

  void add(const Tensor& dst) {
    const auto values = dst.span<float>();
    const std::int64_t row = dst.shape().row_size();
    for (std::int64_t i = 0; i < figures; ++i) {
      elements_[i].add(values[static_cast<std::size_t>(places_[i])]);
      const float *const x = values.data() + i % dst.shape()[0] * row, *const sign =
                                                                           signs_.data<float>() +
                                                                           i * row;
      double sum = 0;
      for (std::int64_t k = 0; k < row; ++k) sum += static_cast<double>(sign[k] * x[k]);
      sums_[i].add(sum);
    }
  }

  const std::array<Moments, figures>& elements() const { return elements_; }
  const std::array<Moments, figures>& sums() const { return sums_; }

 private:
  const Tensor& signs_;  // [figures, row]
  std::array<std::int64_t, figures> places_{};
  std::array<Moments, figures> elements_, sums_;
};

/// Of two samples of normals: |z| of their means and of the logs of their variances, the larger.
/// What is below `floor` is rounding.
double largest_z(const Moments& a, const Moments& b, double floor) {
  const double u = a.variance() + floor * floor, v = b.variance() + floor * floor;
  const double n = static_cast<double>(std::min(a.count(), b.count()));
  const double of_means = std::abs(a.mean() - b.mean()) / std::sqrt((u + v) / n + floor * floor);
  const double of_variances = std::abs(std::log(u / v)) / std::sqrt(4 / (n - 1));
  return std::isnan(of_means) ? of_means : std::max(of_means, of_variances);
}

double largest_z(std::span<const Moments> a, std::span<const Moments> b) {
  double scale = 0;
  for (const Moments& moments : b) scale += moments.variance() + moments.mean() * moments.mean();
  const double floor = 1e-5 * std::sqrt(scale / static_cast<double>(b.size()));
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double z = largest_z(a[i], b[i], floor);
    if (z > largest || std::isnan(z)) largest = z;
  }
  return largest;
}

/// dst = map(src, w) + b with draws of this file's own.
class ExplicitDraws {
 public:
  ExplicitDraws(LinearMap& map, std::vector<MeanFieldGaussian*> posteriors, const Parameter* bias,
                std::uint64_t seed)
      : map_(map), posteriors_(std::move(posteriors)), bias_(bias), seed_(seed) {}

  void forward(const Tensor& src, std::uint64_t draw, Tensor& dst) {
    const Tensor weights = drawn(*posteriors_[0], draw);
    Tensor bias;
    if (posteriors_.size() > 1)
      bias = drawn(*posteriors_[1], draw);
    else if (bias_)
      bias = bias_->value;
    map_.forward(src, weights, bias.empty() ? nullptr : &bias, dst);
  }

 private:
  Tensor drawn(const MeanFieldGaussian& posterior, std::uint64_t draw) const {
    Tensor weights(posterior.mu.value.shape());
    fill_normal(weights, noise_key(seed_, Stream::noise, "check.estimators." + posterior.name),
                {.step = draw});
    transform(weights, posterior.rho.value, weights, Write::overwrite,
              [](auto eps, auto rho) { return softplus(rho) * eps; });
    copy(posterior.mu.value, weights, Write::add);
    return weights;
  }

  LinearMap& map_;
  std::vector<MeanFieldGaussian*> posteriors_;
  const Parameter* bias_;
  std::uint64_t seed_;
};

CheckRow check(const NodeSpec& node, const Subject& subject) {
  const Tensor src = inputs_of(node, subject);
  const std::vector<Shape> src_shapes{src.shape().without_leading()};
  const LayerSetup setup{
      .name = node.name, .max_batch = src.shape()[0], .precision = subject.graph.precision};
  VariationalLinear layer(std::get<LinearSpec>(node.operation), *node.variational);
  Tensor dst(layer.setup(setup, src_shapes).prepend(src.shape()[0]));
  copy_values(subject.model, layer.parameters());
  const auto map = std::get<LinearSpec>(node.operation).make_map(setup, src_shapes[0]);
  std::vector<MeanFieldGaussian*> posteriors;
  for (const Belief& belief : layer.beliefs()) posteriors.push_back(belief.posterior);
  Parameter* const last = layer.parameters().back();
  ExplicitDraws explicit_draws(*map, posteriors, last->name == node.name + ".bias" ? last : nullptr,
                               subject.seed);

  const double cost = 2 * layer.flops() * static_cast<double>(src.shape()[0]) +
                      100 * static_cast<double>(map->weights_shape().size());
  const auto draws =
      std::clamp(static_cast<std::int64_t>(budget / cost), INT64_C(200), INT64_C(4000));
  Tensor signs({figures, dst.shape().row_size()});
  fill_signs_by_example(signs, noise_key(subject.seed, Stream::noise, "check.signs"), {});
  Figures given(dst.shape(), signs, subject.seed), expected(dst.shape(), signs, subject.seed);
  for (std::int64_t draw = 0; draw < draws; ++draw) {
    const auto step = static_cast<std::uint64_t>(draw);
    layer.forward(std::span(&src, 1), dst,
                  {.seed = subject.seed, .step = step, .global_batch = src.shape()[0]});
    given.add(dst);
    explicit_draws.forward(src, step, dst);
    expected.add(dst);
  }
  const auto estimator = node.variational->estimator();
  const bool has_sums = estimator->draws_weights() || dst.shape().rank() == 2;
  double z = largest_z(given.elements(), expected.elements());
  if (has_sums) {
    const double of_sums = largest_z(given.sums(), expected.sums());
    if (of_sums > z || std::isnan(of_sums)) z = of_sums;
  }
  return judged(
      {.check = "noise of " + node.name,
       .figure = z,
       .limit = limit,
       .unit = "largest |z|",
       .says = concat("means and variances of ", has_sums ? 2 * figures : figures,
                      " figures of the layer's output over the noise of ", estimator->name(),
                      " against explicit draws of the weights, n = ", draws, " of each")});
}

}  // namespace

GraphSpec part_before(const GraphSpec& graph, const std::string& source) {
  std::set<std::string> needed{source};
  GraphSpec part = graph;
  part.nodes.clear();
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!needed.contains(node->name)) continue;
    part.nodes.insert(part.nodes.begin(), *node);
    needed.insert(node->sources.begin(), node->sources.end());
  }
  part.outputs = part.nodes.empty() ? std::vector<std::string>{} : std::vector{source};
  return part;
}

std::vector<CheckRow> check_estimators(const Subject& subject) {
  std::vector<CheckRow> rows;
  for (const NodeSpec& node : subject.graph.nodes)
    if (node.variational) rows.push_back(check(node, subject));
  if (rows.empty()) rows.push_back(skipped("noise", "no layer has a posterior"));
  return rows;
}

}  // namespace credence
