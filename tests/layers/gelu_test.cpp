#include "credence/layers/gelu.h"

#include "support/gradient_check.h"
#include <gtest/gtest.h>

#include "credence/layers/dense.h"
#include "credence/layers/relu.h"
#include "credence/layers/tanh.h"
#include "credence/model/model.h"

namespace credence {
namespace {

TEST(Gelu, HasTheValuesOfItsFormula) {
  // x (1 + erf(x / sqrt(2))) / 2, to 17 digits, by mpmath.
  constexpr double cases[][2] = {{0.0, 0.0},
                                 {1.0, 0.84134474606854295},
                                 {-1.0, -0.15865525393145705},
                                 {0.5, 0.34573123063700655},
                                 {-0.75, -0.16997051428265115},
                                 {-5.0, -1.4332578593959696e-6},
                                 {-10.0, -7.6198530241605261e-23},
                                 {3.0, 2.9959503059051097},
                                 {20.0, 20.0}};
  for (const auto& [x, expected] : cases) {
    EXPECT_NEAR(GeluRule::forward(x), expected, 1e-13 * std::abs(expected)) << x;
    const auto narrow = static_cast<float>(x);
    EXPECT_NEAR(GeluRule::forward(narrow), expected, 3e-6 * std::abs(expected)) << x;
  }
  EXPECT_TRUE(std::isnan(GeluRule::forward(std::nan(""))));
}

TEST(Gelu, GradientsMatchCentralDifferences) {
  GELU layer;
  check_gradients(layer, {{4, 3}}, 2);
  GELU wide;
  check_gradients(wide, {{50}}, 2, {}, 3);
}

TEST(Gelu, KeepsItsSourceInAModelWhoseOtherLayersWorkInPlace) {
  GraphSpec graph{.name = "network", .input = {3}};
  graph.add("dense1", dense({.units = 5}))
      .add<GELU>("gelu1")
      .add<ReLU>("relu1")
      .add<GELU>("gelu2")
      .add<Tanh>("tanh1")
      .add("dense2", dense({.units = 1}));
  Model model(graph, {.dtype = DType::float64, .max_batch = 4});
  const Tensor src = random_tensor({4, 3}, DType::float64, "src");
  const auto objective = [&] {
    model.forward(src, {});
    double sum = 0;
    for (const double y : model.output().span<double>()) sum += y;
    return sum;
  };
  objective();
  model.diff_output().fill(1);
  model.backward({});
  for (Parameter* parameter : model.parameters())
    for (std::int64_t i = 0; i < parameter->value.size(); ++i) {
      double& x = parameter->value.span<double>()[i];
      const double kept = x, h = 1e-5;
      x = kept + h;
      const double up = objective();
      x = kept - h;
      const double down = objective();
      x = kept;
      EXPECT_NEAR(parameter->gradient.span<double>()[i], (up - down) / (2 * h), 1e-7)
          << parameter->name << " " << i;
    }
}

}  // namespace
}  // namespace credence
