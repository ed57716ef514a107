#include "credence/inference/curvature_layer.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/kernels/unfold.h"

namespace credence {
namespace {

/// Rows of a chunk: enough for a product of matrices to pay.
constexpr std::int64_t chunk_rows = 1024;

std::string unknown(const std::string& name, const Layer& layer) {
  return concat("layer \"", name, "\" (", layer.summary().type,
                ") has a curvature that is not known, as dense layers and convolutions have it: "
                "take layers=last");
}

Conv2dGeometry geometry_of(const std::string& name, const Linear& layer) {
  const std::optional<Conv2dGeometry> geometry = layer.map().geometry();
  require<ConfigError>(geometry.has_value(), unknown(name, layer));
  return *geometry;
}

Tensor columns_of(const Tensor& matrix, std::int64_t first, const Shape& shape) {
  Tensor part(shape);
  const std::int64_t columns = shape.row_size(), width = matrix.shape()[1];
  for (std::int64_t i = 0; i < part.size(); ++i)
    part.data<float>()[i] =
        static_cast<float>(matrix.data<double>()[i / columns * width + first + i % columns]);
  return part;
}

}  // namespace

CurvatureLayer::CurvatureLayer(std::string name, Linear& layer)
    : name_(std::move(name)), layer_(layer), geometry_(geometry_of(name_, layer)) {
  layer_.set_tap([this](const Tensor& src, const Tensor& diff) {
    src_ = src;
    diff_ = diff;
  });
}

std::int64_t CurvatureLayer::inputs() const {
  return weight().value.shape().row_size() + (bias() ? 1 : 0);
}

const Parameter* CurvatureLayer::bias() const {
  const std::vector<Parameter*> parameters = layer_.parameters();
  return parameters.size() > 1 ? parameters[1] : nullptr;
}

std::vector<double> CurvatureLayer::precisions(const WeightPrior& prior) const {
  std::vector<double> precisions(static_cast<std::size_t>(inputs()), prior.precision(weight()));
  if (bias()) precisions.back() = prior.precision(*bias());
  return precisions;
}

void CurvatureLayer::for_each_chunk(const Chunk& body) const {
  const std::int64_t step = std::max<std::int64_t>(1, chunk_rows / pixels());
  for (std::int64_t first = 0; first < examples(); first += step) {
    const std::int64_t count = std::min(step, examples() - first), rows = count * pixels();
    Tensor sources({rows, inputs()}, DType::float64), gradients({rows, outputs()}, DType::float64);
    unfold(geometry_, src_.rows(first, count), sources);
    const Tensor diff = diff_.rows(first, count);
    std::copy_n(diff.data<float>(), diff.size(), gradients.data<double>());
    body(first, count, sources, gradients);
  }
}

CurvatureLayers curvature_layers(Model& model, bool only_last) {
  CurvatureLayers layers;
  for (std::size_t i = model.node_count(); i-- > 0 && !(only_last && !layers.empty());) {
    Layer& layer = model.layer(i);
    if (layer.parameters().empty()) continue;
    auto* const linear = dynamic_cast<Linear*>(&layer);
    if (linear)
      layers.insert(layers.begin(), std::make_unique<CurvatureLayer>(model.node_name(i), *linear));
    else
      require<ConfigError>(layers.empty(), unknown(model.node_name(i), layer));
  }
  require<ConfigError>(!layers.empty(), "model \"", model.name(),
                       "\" has no dense layer or convolution");
  return layers;
}

Tensor to_float32(const Tensor& matrix) {
  return columns_of(matrix.reshaped({matrix.shape()[0], matrix.shape().row_size()}), 0,
                    matrix.shape());
}

Tensor weight_part(const CurvatureLayer& layer, const Tensor& matrix) {
  return columns_of(matrix, 0, layer.weight().value.shape());
}

Tensor bias_part(const CurvatureLayer& layer, const Tensor& matrix) {
  return columns_of(matrix, layer.inputs() - 1, layer.bias()->value.shape());
}

}  // namespace credence
