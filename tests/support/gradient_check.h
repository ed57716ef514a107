#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "support/random_tensor.h"
#include <gtest/gtest.h>

#include "credence/layers/layer.h"

namespace credence {

/// Checks a layer's backward pass in double against central differences of the scalar
/// sum(dst * weight), weight random: for every parameter and every source. Gradients are poisoned
/// first, then backward must overwrite; a second pass must add to diff_src.
inline void check_gradients(Layer& layer, const std::vector<Shape>& src_shapes, std::int64_t batch,
                            StepContext context = {}, double scale = 1, double tolerance = 1e-6) {
  const LayerSetup setup{"layer", DType::float64, batch};
  const Shape dst_shape = layer.setup(setup, src_shapes).prepend(batch);
  layer.initialize(7);
  std::vector<Tensor> src;
  for (std::size_t i = 0; i < src_shapes.size(); ++i) {
    src.push_back(
        random_tensor(src_shapes[i].prepend(batch), DType::float64, "src" + std::to_string(i)));
    for (double& x : src[i].span<double>()) x *= scale;
  }
  const Tensor weight = random_tensor(dst_shape, DType::float64, "weight");
  const auto objective = [&] {
    Tensor dst(dst_shape, DType::float64);
    layer.forward(src, dst, context);
    double sum = 0;
    for (std::int64_t i = 0; i < dst.size(); ++i)
      sum += dst.span<double>()[i] * weight.span<double>()[i];
    return sum;
  };
  const auto check = [&](Tensor& variable, const Tensor& gradient, double offset,
                         const std::string& what) {
    constexpr double h = 1e-5;
    for (std::int64_t i = 0; i < variable.size(); ++i) {
      double& x = variable.span<double>()[i];
      const double kept = x;
      x = kept + h;
      const double up = objective();
      x = kept - h;
      const double down = objective();
      x = kept;
      const double expected = (up - down) / (2 * h);
      ASSERT_NEAR(gradient.span<double>()[i] - offset, expected,
                  tolerance * (1 + std::abs(expected)))
          << what << " element " << i;
    }
  };

  Tensor dst(dst_shape, DType::float64);
  layer.forward(src, dst, context);
  std::vector<Tensor> diff_src;
  for (const Tensor& source : src) {
    diff_src.emplace_back(source.shape(), DType::float64);
    diff_src.back().fill(std::nan(""));
  }
  for (Parameter* parameter : layer.parameters()) parameter->gradient.fill(std::nan(""));
  std::vector<DiffSrc> sinks;
  for (Tensor& diff : diff_src) sinks.push_back({&diff, Write::overwrite});
  layer.backward(src, dst, weight.clone(), sinks, context);
  std::vector<Tensor> gradients;
  for (Parameter* parameter : layer.parameters()) gradients.push_back(parameter->gradient.clone());
  for (std::size_t i = 0; i < src.size(); ++i) check(src[i], diff_src[i], 0, "source");
  for (std::size_t i = 0; i < gradients.size(); ++i)
    check(layer.parameters()[i]->value, gradients[i], 0, layer.parameters()[i]->name);

  layer.forward(src, dst, context);
  for (std::size_t i = 0; i < src.size(); ++i) {
    diff_src[i].fill(3);
    sinks[i].write = Write::add;
  }
  layer.backward(src, dst, weight.clone(), sinks, context);
  for (std::size_t i = 0; i < src.size(); ++i) check(src[i], diff_src[i], 3, "source, added");
}

}  // namespace credence
