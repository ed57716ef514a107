// The generalised Gauss-Newton matrix, against gradients of one example at a time.

#include <cmath>

#include "support/errors.h"
#include "support/linear_gaussian.h"
#include "support/random_tensor.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/bayes/full_gaussian_samples.h"
#include "credence/bayes/gaussian_samples.h"
#include "credence/bayes/kronecker_samples.h"
#include "credence/inference/fisher_walk.h"
#include "credence/inference/laplace.h"
#include "credence/kernels/linear_algebra.h"
#include "credence/layers/conv1d.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/flatten.h"
#include "credence/layers/pooling.h"
#include "credence/layers/pooling1d.h"
#include "credence/layers/relu.h"
#include "credence/layers/tanh.h"
#include "credence/losses/categorical_cross_entropy.h"
#include "credence/losses/mean_squared_error.h"
#include "credence/optim/sgd.h"

namespace credence {
namespace {

using test::Matrix;
using test::Vector;
using ::testing::HasSubstr;

constexpr std::int64_t examples = 7, classes = 3;

/// A convolution that does ReLU and pooling too, windows overlapping, and two dense layers.
GraphSpec convolutional() {
  GraphSpec graph{.name = "small", .input = {6, 5, 2}};
  graph.add("conv1", conv2d({.filters = 4, .kernel = {3, 2}, .padding = PaddingMode::same}))
      .add<ReLU>("relu1")
      .add_with<MaxPool2d>("pool1", {.window = {3, 2}, .stride = {2, 2}})
      .add("conv2", conv2d({.filters = 2, .kernel = {2, 1}, .bias = false}))
      .add<Flatten>("flatten")
      .add("dense1", dense({.units = 4}))
      .add<Tanh>("tanh1")
      .add("dense2", dense({.units = classes}));
  return graph;
}

/// The same along one axis.
GraphSpec of_lines() {
  GraphSpec graph{.name = "lines", .input = {9, 2}};
  graph.add("conv1", conv1d({.filters = 4, .kernel = 3, .padding = PaddingMode::same}))
      .add<ReLU>("relu1")
      .add_with<MaxPool1d>("pool1", {.window = 3, .stride = 2})
      .add<Flatten>("flatten")
      .add("dense1", dense({.units = classes}));
  return graph;
}

GraphSpec one_layer() {
  GraphSpec graph{.name = "one", .input = {4}};
  graph.add("dense1", dense({.units = classes}));
  return graph;
}

/// A parameter that is not a linear layer's.
class Scale : public Layer {
 public:
  Shape setup(const LayerSetup& setup, std::span<const Shape> src_shapes) override {
    scale_ = Parameter(setup.name + ".scale", {1}, setup.dtype);
    return only_source(setup, src_shapes);
  }
  void forward(std::span<const Tensor> src, Tensor& dst, const StepContext&) override {
    dst.copy_from(src[0]);
  }
  void backward(std::span<const Tensor>, const Tensor&, const Tensor&, std::span<DiffSrc>,
                const StepContext&) override {}
  std::vector<Parameter*> parameters() override { return {&scale_}; }
  LayerSummary summary() const override { return {.type = "Scale"}; }

 private:
  Parameter scale_;
};

/// Two dense layers, with a scale between them or behind.
GraphSpec scaled(bool is_between) {
  GraphSpec graph{.name = "scaled", .input = {4}};
  graph.add("dense1", dense({.units = classes}));
  if (is_between) graph.add<Scale>("scale");
  graph.add("dense2", dense({.units = classes}));
  if (!is_between) graph.add<Scale>("scale");
  return graph;
}

/// A network with weights as they are drawn, random data, and all that a method is given.
struct Fixture {
  Model model;
  CategoricalCrossEntropy loss;
  std::unique_ptr<Communicator> communicator = self_communicator();
  WeightPrior prior{"test", {.sigma = 0.5, .scaled = true}};
  Training training;

  explicit Fixture(const GraphSpec& graph, std::int64_t count = examples)
      : model(graph, {.max_batch = 4, .seed = 2}),
        training{.model = model,
                 .loss = loss,
                 .communicator = *communicator,
                 .data = data_of(graph.input, count),
                 .batches = {.global_batch = 4},
                 .make_optimizer = [] { return std::make_unique<Sgd>(); }} {
    loss.setup(model.output_shape(), {1}, classes);
  }

  static std::shared_ptr<const Dataset> data_of(const Shape& input, std::int64_t count) {
    Tensor target({count, 1});
    for (std::int64_t n = 0; n < count; ++n)
      target.data<float>()[n] = static_cast<float>(n % classes);
    return std::make_shared<InMemoryDataset>(
        "random", random_tensor(input.prepend(count), DType::float32, "data"), target,
        TargetInfo{.classes = classes});
  }

  /// H from the gradients of the parameters, one example and column at a time.
  Matrix matrix() {
    const auto size = static_cast<std::size_t>(model.parameter_count());
    Matrix sum(size, Vector(size));
    Tensor src(model.input_shape().prepend(1)), target({1, 1});
    const StepContext context{.training = false};
    for (std::int64_t n = 0; n < training.data->size(); ++n) {
      training.data->read(std::span(&n, 1), 0, src, target);
      for (std::int64_t k = 0; k < classes; ++k) {
        model.forward(src, context);
        loss.fisher()->write_fisher_column(model.output(), k, model.diff_output());
        model.backward(context);
        Vector gradient;
        for (const Parameter* parameter : model.parameters())
          for (const float g : parameter->gradient.span<float>()) gradient.push_back(g);
        for (std::size_t i = 0; i < size; ++i)
          for (std::size_t j = 0; j < size; ++j) sum[i][j] += gradient[i] * gradient[j];
      }
    }
    return sum;
  }

  Vector precisions() {
    Vector precisions;
    for (const Parameter* parameter : model.parameters())
      precisions.insert(precisions.end(), static_cast<std::size_t>(parameter->value.size()),
                        prior.precision(*parameter));
    return precisions;
  }
};

void expect_near(double got, double expected, double scale) {
  ASSERT_NEAR(got, expected, 2e-5 * (scale + std::abs(expected)));
}

Matrix inverse(const Matrix& matrix) {
  const Matrix l = test::cholesky(matrix);
  Matrix columns;
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    Vector unit(matrix.size());
    unit[i] = 1;
    columns.push_back(test::solve(l, unit));
  }
  return columns;
}

/// Of a layer's weights, an output after the other, the bias last, as the samples are made.
Matrix covariance(const KroneckerSamples::Block& block) {
  const std::int64_t outputs = block.sigma.shape()[0], inputs = block.sigma.shape()[1];
  const std::int64_t size = outputs * inputs;
  Tensor root({size, size}), product({size, size});
  for (std::int64_t o = 0; o < size; ++o)
    for (std::int64_t i = 0; i < size; ++i)
      root.data<float>()[o * size + i] =
          block.outputs.data<float>()[o / inputs * outputs + i / inputs] *
          block.inputs.data<float>()[o % inputs * inputs + i % inputs] *
          block.sigma.data<float>()[i] * block.scale.data<float>()[o % inputs];
  multiply(root, transposed(root), product);
  Matrix result(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i)
    for (std::int64_t j = 0; j < size; ++j)
      result[static_cast<std::size_t>(i)].push_back(product.data<float>()[i * size + j]);
  return result;
}

/// The covariance of a layer of so many outputs and inputs, if it is the last one, in the order of
/// covariance(block), from one in the order of the parameters.
Matrix by_output(const Matrix& matrix, std::size_t outputs, std::size_t inputs) {
  const std::size_t offset = matrix.size() - outputs * inputs, terms = inputs - 1;
  const auto place = [&](std::size_t i) {
    const std::size_t o = i / inputs, t = i % inputs;
    return offset + (t == terms ? outputs * terms + o : o * terms + t);
  };
  Matrix result(outputs * inputs, Vector(outputs * inputs));
  for (std::size_t i = 0; i < result.size(); ++i)
    for (std::size_t j = 0; j < result.size(); ++j) result[i][j] = matrix[place(i)][place(j)];
  return result;
}

void expect_equal(const Matrix& got, const Matrix& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    for (std::size_t j = 0; j < got.size(); ++j)
      expect_near(got[i][j], expected[i][j], std::sqrt(expected[i][i] * expected[j][j]));
}

TEST(CurvatureLayer, ShowsWhatTheGradientOfItsWeightsIsMadeOf) {
  Fixture fixture(convolutional());
  const CurvatureLayers layers = curvature_layers(fixture.model, false);
  ASSERT_EQ(layers.size(), 4u);
  Tensor src(fixture.model.input_shape().prepend(4)), target({4, 1});
  const std::vector<std::int64_t> first{0, 1, 2, 3};
  fixture.training.data->read(first, 0, src, target);
  fixture.model.forward(src, {.training = false});
  fixture.loss.forward(fixture.model.output(), target, 1, &fixture.model.diff_output());
  fixture.model.backward({.training = false});
  for (const auto& layer : layers) {
    Tensor sum({layer->outputs(), layer->inputs()}, DType::float64);
    layer->for_each_chunk(
        [&](std::int64_t, std::int64_t, const Tensor& sources, const Tensor& gradients) {
          multiply(transposed(gradients), sources, sum, Write::add);
        });
    const Tensor weight = weight_part(*layer, sum);
    for (std::int64_t i = 0; i < weight.size(); ++i)
      EXPECT_NEAR(weight.data<float>()[i], layer->weight().gradient.data<float>()[i], 1e-5)
          << layer->name() << " " << i;
    if (!layer->bias()) continue;
    const Tensor bias = bias_part(*layer, sum);
    for (std::int64_t i = 0; i < bias.size(); ++i)
      EXPECT_NEAR(bias.data<float>()[i], layer->bias()->gradient.data<float>()[i], 1e-5);
  }
}

class OfNetworks : public ::testing::TestWithParam<GraphSpec (*)()> {};
INSTANTIATE_TEST_SUITE_P(FullCurvature, OfNetworks, ::testing::Values(convolutional, of_lines));

TEST_P(OfNetworks, IsThatOfGradientsByExample) {
  Fixture fixture(GetParam()());
  const CurvatureLayers layers = curvature_layers(fixture.model, false);
  const auto curvature = make_curvature(CurvatureStructure::full, layers, fixture.prior, examples);
  walk_fisher(*curvature, fixture.training, 0);
  const Matrix expected = fixture.matrix();
  const Tensor got = curvature->sums()[0];
  ASSERT_EQ(got.shape()[0], fixture.model.parameter_count());
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j)
      expect_near(got.span<double>()[i * expected.size() + j], expected[i][j], 1);

  const Vector precisions = fixture.precisions();
  double trace = 0, of_eigenvalues = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) trace += expected[i][i] / precisions[i];
  for (const double value : curvature->eigenvalues()) of_eigenvalues += value;
  EXPECT_NEAR(of_eigenvalues / trace, 1, 1e-5);
}

TEST(DiagonalCurvature, IsTheDiagonalOfTheFullOne) {
  Fixture fixture(convolutional());
  const CurvatureLayers layers = curvature_layers(fixture.model, false);
  const auto curvature =
      make_curvature(CurvatureStructure::diagonal, layers, fixture.prior, examples);
  walk_fisher(*curvature, fixture.training, 0);
  const Matrix expected = fixture.matrix();
  const Vector precisions = fixture.precisions();
  const auto posterior = curvature->posterior(0.25);
  std::size_t i = 0;
  for (const auto& marginal : dynamic_cast<const GaussianSamples&>(*posterior).marginals())
    for (const float sigma : marginal.sigma.span<float>()) {
      expect_near(1 / (sigma * sigma), expected[i][i] + 0.25 * precisions[i], 0);
      ++i;
    }
  EXPECT_EQ(i, expected.size());
}

TEST(KroneckerCurvature, IsExactForOneExample) {
  Fixture fixture(convolutional(), 1);
  const CurvatureLayers layers = curvature_layers(fixture.model, true);
  const auto curvature = make_curvature(CurvatureStructure::kronecker, layers, fixture.prior, 1);
  walk_fisher(*curvature, fixture.training, 0);
  const auto posterior = curvature->posterior(2);
  Matrix precision = fixture.matrix();
  const Vector prior = fixture.precisions();
  for (std::size_t i = 0; i < prior.size(); ++i) precision[i][i] += 2 * prior[i];
  // The last layer's block alone.
  const Matrix block = by_output(precision, classes, 5);
  const auto& samples = dynamic_cast<const KroneckerSamples&>(*posterior);
  ASSERT_EQ(samples.blocks().size(), 1u);
  expect_equal(covariance(samples.blocks()[0]), inverse(block));
}

TEST(KroneckerCurvature, IsTheProductOfSumsOverExamplesAndPixels) {
  Fixture fixture(convolutional());
  const CurvatureLayers layers = curvature_layers(fixture.model, false);
  const auto curvature =
      make_curvature(CurvatureStructure::kronecker, layers, fixture.prior, examples);
  walk_fisher(*curvature, fixture.training, 0);
  const auto posterior = curvature->posterior(1);
  const auto& blocks = dynamic_cast<const KroneckerSamples&>(*posterior).blocks();
  const std::vector<Tensor> sums = curvature->sums();
  ASSERT_EQ(blocks.size(), 4u);
  std::size_t of_eigenvalues = 0;
  for (std::size_t l = 0; l < 4; ++l) {
    const CurvatureLayer& layer = *layers[l];
    const auto inputs = static_cast<std::size_t>(layer.inputs());
    const auto size = static_cast<std::size_t>(layer.size());
    const auto lower = [](const Tensor& matrix, std::size_t i, std::size_t j) {
      const auto k = static_cast<std::size_t>(matrix.shape()[0]);
      return matrix.span<double>()[std::max(i, j) * k + std::min(i, j)];
    };
    Matrix precision(size, Vector(size));
    const Vector prior = layer.precisions(fixture.prior);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j)
        precision[i][j] = lower(sums[2 * l], i % inputs, j % inputs) *
                          lower(sums[2 * l + 1], i / inputs, j / inputs) /
                          static_cast<double>(examples * layer.pixels());
      precision[i][i] += prior[i % inputs];
    }
    expect_equal(covariance(blocks[l]), inverse(precision));
    EXPECT_EQ(blocks[l].bias.empty(), layer.bias() == nullptr);
    of_eigenvalues += size;
  }
  EXPECT_EQ(curvature->eigenvalues().size(), of_eigenvalues);
}

TEST(KroneckerCurvature, SumsTheSquaresOfSourcesAndGradients) {
  // Of one dense layer: a a^T over examples, and R R^T = diag(p) - p p^T.
  Fixture fixture(one_layer());
  const CurvatureLayers layers = curvature_layers(fixture.model, false);
  const auto curvature =
      make_curvature(CurvatureStructure::kronecker, layers, fixture.prior, examples);
  walk_fisher(*curvature, fixture.training, 0);
  Matrix sources(5, Vector(5)), gradients(classes, Vector(classes));
  Tensor src({1, 4}), target({1, 1}), p({1, classes});
  for (std::int64_t n = 0; n < examples; ++n) {
    fixture.training.data->read(std::span(&n, 1), 0, src, target);
    fixture.model.forward(src, {.training = false});
    fixture.loss.predict(fixture.model.output(), p);
    Vector a(src.span<float>().begin(), src.span<float>().end());
    a.push_back(1);
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = 0; j < 5; ++j) sources[i][j] += a[i] * a[j];
    for (std::size_t i = 0; i < classes; ++i)
      for (std::size_t j = 0; j < classes; ++j)
        gradients[i][j] +=
            (i == j ? p.span<float>()[i] : 0.0) - double{p.span<float>()[i]} * p.span<float>()[j];
  }
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      expect_near(curvature->sums()[0].span<double>()[i * 5 + j], sources[i][j], 1);
  for (std::size_t i = 0; i < classes; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      expect_near(curvature->sums()[1].span<double>()[i * classes + j], gradients[i][j], 1);
}

TEST(FisherWalk, IsRightInTheMeanWithRandomSigns) {
  Fixture fixture(convolutional());
  const CurvatureLayers layers = curvature_layers(fixture.model, false);
  const Matrix exact = fixture.matrix();
  constexpr int runs = 200;
  const std::size_t size = exact.size();
  Vector mean(size), square(size);
  for (int run = 0; run < runs; ++run) {
    fixture.training.options.seed = static_cast<std::uint64_t>(run);
    const auto curvature =
        make_curvature(CurvatureStructure::full, layers, fixture.prior, examples);
    walk_fisher(*curvature, fixture.training, 2);
    for (std::size_t i = 0; i < size; ++i) {
      // An element beside the diagonal, where signs matter most, and one on it.
      const std::size_t j = i % 2 == 0 ? i : i - 1;
      const double value = curvature->sums()[0].span<double>()[i * size + j];
      mean[i] += value / runs;
      square[i] += value * value / runs;
    }
  }
  int beyond_3 = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double expected = exact[i][i % 2 == 0 ? i : i - 1];
    const double error = std::sqrt(std::max(0.0, square[i] - mean[i] * mean[i]) / (runs - 1));
    const double z = std::abs(mean[i] - expected) / (error + 1e-7);
    EXPECT_LT(z, 5) << i;  // n = 200
    beyond_3 += z > 3;
  }
  EXPECT_LT(beyond_3, 4);
}

TEST(Curvature, IsRefusedWhereItIsNotKnownOrTooLarge) {
  Fixture fixture(one_layer());
  const auto message = [&](const GraphSpec& graph, const LaplaceApproximationOptions& options) {
    Model model(graph, {.max_batch = 4});
    Training training = fixture.training;
    return testing::message_of<ConfigError>([&] {
      LaplaceApproximation(options).check({.model = model,
                                           .loss = fixture.loss,
                                           .communicator = *fixture.communicator,
                                           .data = training.data});
    });
  };
  GraphSpec wide{.name = "wide", .input = {8200}};
  wide.add("dense1", dense({.units = classes}));
  EXPECT_THAT(message(wide, {.structure = CurvatureStructure::full}),
              HasSubstr("structure=full is for at most 5000 weights, got 24603"));
  EXPECT_THAT(message(wide, {.structure = CurvatureStructure::kronecker}),
              HasSubstr("layer \"dense1\" has sums of 8201 terms"));

  const LaplaceApproximationOptions all{.layers = LaplaceLayers::all};
  EXPECT_THAT(message(scaled(true), all),
              HasSubstr("layer \"scale\" (Scale) has a curvature that is not known"));
  Model behind(scaled(false), {});
  EXPECT_EQ(curvature_layers(behind, false).size(), 2u);
  Model between(scaled(true), {});
  const CurvatureLayers last = curvature_layers(between, true);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0]->name(), "dense2");

  MeanSquaredError error;
  const LaplaceApproximation laplace;
  Training training{.model = fixture.model,
                    .loss = error,
                    .communicator = *fixture.communicator,
                    .data = fixture.training.data};
  EXPECT_THAT(testing::message_of<ConfigError>([&] { laplace.check(training); }),
              HasSubstr("laplace needs a likelihood"));
  laplace.check(fixture.training);
}

}  // namespace
}  // namespace credence
