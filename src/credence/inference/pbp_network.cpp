#include "credence/inference/pbp_network.h"

#include <algorithm>
#include <cmath>

#include "credence/base/errors.h"

namespace credence {
namespace {

std::size_t size(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

}  // namespace

double PbpLayer::scale() const {
  return 1 / std::sqrt(static_cast<double>(columns()));
}

PbpNetwork::PbpNetwork(std::vector<PbpLayer> layers, const GammaBelief& noise)
    : layers_(std::move(layers)), noise_(noise) {
  require<InternalError>(!layers_.empty() && layers_.back().outputs == 1,
                         "pbp: expected layers that end in one output");
  std::int64_t weights = 0, most = 0;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const PbpLayer& layer = layers_[l];
    require<InternalError>(l == 0 || layer.inputs == layers_[l - 1].outputs, "pbp: layer ", l,
                           " has ", layer.inputs, " inputs after ", layers_[l - 1].outputs,
                           " outputs");
    weights += layer.weights();
    most = std::max(most, layer.outputs);
    const std::vector<double> columns(size(layer.columns()));
    activations_.push_back({columns, columns, columns, columns, {}});
    if (l + 1 < layers_.size()) activations_.back().relu.resize(size(layer.outputs));
    if (layer.bias) activations_.back().mean.back() = layer.scale();
  }
  weights_.mean.resize(size(weights));
  weights_.variance.resize(size(weights));
  by_mean_.resize(size(most));
  by_variance_.resize(size(most));
}

NormalMoments PbpNetwork::predict(std::span<const float> x) {
  require<InternalError>(x.size() == size(layers_[0].inputs), "pbp: expected ", layers_[0].inputs,
                         " inputs, got ", x.size());
  for (std::size_t i = 0; i < x.size(); ++i) activations_[0].mean[i] = layers_[0].scale() * x[i];
  const double *mean = weights_.mean.data(), *variance = weights_.variance.data();
  NormalMoments result;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Activations& source = activations_[l];
    const std::size_t columns = source.mean.size();
    for (std::size_t o = 0; o < size(layers_[l].outputs); ++o) {
      result = {};
      for (std::size_t i = 0; i < columns; ++i) {
        const double m = source.mean[i], v = source.variance[i];
        result.mean += mean[i] * m;
        result.variance += mean[i] * mean[i] * v + variance[i] * (m * m + v);
      }
      mean += columns;
      variance += columns;
      if (l + 1 == layers_.size()) return result;
      source.relu[o] = relu_moments(result);
      const double scale = layers_[l + 1].scale();
      activations_[l + 1].mean[o] = scale * source.relu[o].moments.mean;
      activations_[l + 1].variance[o] = scale * scale * source.relu[o].moments.variance;
    }
  }
  return result;
}

template <class Visit>
void PbpNetwork::backward(const TargetEvidence& evidence, Visit visit) {
  by_mean_[0] = evidence.by_mean;
  by_variance_[0] = evidence.by_variance;
  std::size_t end = weights_.mean.size();
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Activations& source = activations_[l];
    const std::size_t columns = source.mean.size();
    std::ranges::fill(source.by_mean, 0);
    std::ranges::fill(source.by_variance, 0);
    const std::size_t begin = end - size(layers_[l].weights());
    for (std::size_t o = 0; o < size(layers_[l].outputs); ++o) {
      const double g = by_mean_[o], h = by_variance_[o];
      const std::size_t row = begin + o * columns;
      const double *const mean = &weights_.mean[row], *const variance = &weights_.variance[row];
      for (std::size_t i = 0; i < columns; ++i) {
        const double m = source.mean[i], v = source.variance[i];
        source.by_mean[i] += g * mean[i] + 2 * h * variance[i] * m;
        source.by_variance[i] += h * (mean[i] * mean[i] + variance[i]);
        visit(row + i, g * m + 2 * h * mean[i] * v, h * (m * m + v));
      }
    }
    end = begin;
    if (l == 0) return;
    const double scale = layers_[l].scale();
    for (std::size_t o = 0; o < size(layers_[l - 1].outputs); ++o) {
      const ReluMoments& relu = activations_[l - 1].relu[o];
      const double g = scale * source.by_mean[o], h = scale * scale * source.by_variance[o];
      by_mean_[o] = g * relu.mean_by_mean + h * relu.variance_by_mean;
      by_variance_[o] = g * relu.mean_by_variance + h * relu.variance_by_variance;
    }
  }
}

NormalWeights PbpNetwork::gradient(std::span<const float> x, double y) {
  NormalWeights gradient = weights_;
  backward(evidence(y, predict(x), noise_), [&](std::size_t weight, double g, double h) {
    gradient.mean[weight] = g;
    gradient.variance[weight] = h;
  });
  return gradient;
}

PbpNetwork::Learnt PbpNetwork::learn(std::span<const float> x, double y) {
  const NormalMoments output = predict(x);
  const TargetEvidence seen = evidence(y, output, noise_);
  Learnt learnt{.prediction = {output.mean, output.variance + noise_.expected_variance()},
                .log_evidence = seen.log};
  backward(seen, [&](std::size_t weight, double g, double h) {
    double &mean = weights_.mean[weight], &variance = weights_.variance[weight];
    if (const std::optional<NormalMoments> moments = updated({mean, variance}, g, h)) {
      mean = moments->mean;
      variance = moments->variance;
    } else {
      ++learnt.rejected;
    }
  });
  noise_ = updated(noise_, y, output).value_or(noise_);
  return learnt;
}

}  // namespace credence
