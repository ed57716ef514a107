#include "credence/checkpoint/initial_weights.h"

#include <cmath>

#include "support/errors.h"
#include "support/random_tensor.h"
#include "support/temporary_folder.h"
#include "support/variational.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/bayes/flipout.h"
#include "credence/checkpoint/checkpoint_folder.h"
#include "credence/distributions/softplus.h"
#include "credence/layers/conv2d.h"
#include "credence/layers/dense.h"
#include "credence/layers/flatten.h"
#include "credence/model/model.h"

namespace credence {
namespace {

using credence::testing::message_of;
using credence::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

enum class Kind { deterministic, bayesian, with_biases };

class Network : public Model {
 public:
  Network(Kind kind, std::uint64_t seed, std::int64_t units = 3)
      : Model(graph(kind, units), {.max_batch = 4, .seed = seed}) {}

  std::vector<NamedTensor> values() const { return named_values(parameters()); }
  TrainedWeights trained() const { return {.file = "run", .tensors = values()}; }
  Tensor value(const std::string& name) const {
    for (const auto& [known, tensor] : values())
      if (known == name) return tensor;
    throw InternalError("no parameter " + name);
  }
  /// Of the posterior's mean.
  Tensor output_of(const Tensor& src) {
    forward(src, {.training = false, .weights = WeightSampling::mean});
    return output().clone();
  }

 private:
  static GraphSpec graph(Kind kind, std::int64_t units) {
    GraphSpec graph{.name = "small", .input = {5, 5, 2}};
    graph.add("conv1", conv2d({.filters = 4, .kernel = {3, 3}}))
        .add<Flatten>("flatten")
        .add("dense1", dense({.units = units}));
    VariationalSpec spec = variational<Flipout>(0.05);
    spec.biases = kind == Kind::with_biases;
    if (kind != Kind::deterministic) make_variational(graph, {{"all"}}, spec);
    return graph;
  }
};

void expect_equal(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.shape(), b.shape());
  EXPECT_TRUE(std::ranges::equal(a.span<float>(), b.span<float>()));
}

TEST(InitialWeights, OfAnyKindGiveTheSameMeanNetworkToAnyOther) {
  const Tensor src = random_tensor({4, 5, 5, 2}, DType::float32, "src");
  for (const Kind from : {Kind::deterministic, Kind::bayesian, Kind::with_biases})
    for (const Kind to : {Kind::deterministic, Kind::bayesian, Kind::with_biases}) {
      SCOPED_TRACE(concat(static_cast<int>(from), " to ", static_cast<int>(to)));
      Network source(from, 1), model(to, 2);
      for (auto& [name, tensor] : source.values())
        if (name.find("bias") != std::string::npos) tensor.fill(0.25);  // biases begin at 0
      std::vector<NamedTensor> weights = model.values();
      EXPECT_FALSE(std::ranges::equal(model.output_of(src).span<float>(),
                                      source.output_of(src).span<float>()));
      begin_from(source.trained(), weights, 0);
      expect_equal(model.output_of(src), source.output_of(src));
    }
}

TEST(InitialWeights, OfTheSameKindAreTakenWhole) {
  Network source(Kind::with_biases, 1), model(Kind::with_biases, 2);
  for (auto& [name, tensor] : source.values()) tensor.fill(0.5);
  std::vector<NamedTensor> weights = model.values();
  begin_from(source.trained(), weights, 0.1);
  for (const auto& [name, tensor] : weights)
    EXPECT_THAT(tensor.span<float>(), ::testing::Each(0.5F)) << name;
}

TEST(InitialWeights, GetASigmaThatIsRelativeToThem) {
  Network source(Kind::deterministic, 1), model(Kind::with_biases, 2);
  source.value("dense1.bias").fill(-2);
  std::vector<NamedTensor> weights = model.values();
  begin_from(source.trained(), weights, 0);
  for (const float rho : model.value("conv1.weight_rho").span<float>())
    EXPECT_NEAR(softplus(rho), 0.05, 1e-6);  // as made
  begin_from(source.trained(), weights, 0.1);
  const auto weight = source.value("conv1.weight");
  for (std::int64_t i = 0; i < weight.size(); ++i) {
    const double w = weight.span<float>()[i],
                 sigma = softplus<double>(model.value("conv1.weight_rho").span<float>()[i]);
    EXPECT_NEAR(sigma, std::max(1e-4, 0.1 * std::abs(w)), 1e-5 * sigma);
  }
  for (const float rho : model.value("dense1.bias_rho").span<float>())
    EXPECT_NEAR(softplus(rho), 0.2, 1e-6);
  for (const float rho : model.value("conv1.bias_rho").span<float>())  // of biases that are 0
    EXPECT_NEAR(softplus(rho), 1e-4, 1e-8);
}

TEST(InitialWeights, OfAnotherArchitectureAreRefusedAndNothingIsChanged) {
  const auto refuse = [](const TrainedWeights& trained) {
    const Network fresh(Kind::bayesian, 2);
    Network model(Kind::bayesian, 2);
    std::vector<NamedTensor> weights = model.values();
    const std::string text = message_of<DataError>([&] { begin_from(trained, weights, 0.1); });
    for (const auto& [name, tensor] : weights) expect_equal(tensor, fresh.value(name));
    EXPECT_THAT(text, AllOf(HasSubstr("run: "), HasSubstr("another architecture")));
    return text;
  };
  EXPECT_THAT(refuse(Network(Kind::deterministic, 1, 7).trained()),
              HasSubstr("tensor \"dense1.weight\": expected float32 [3, 36], got float32 [7, 36]"));
  EXPECT_THAT(refuse(Network(Kind::bayesian, 1, 7).trained()),
              HasSubstr("\"dense1.weight_mu\": expected float32 [3, 36], got float32 [7, 36]"));
  TrainedWeights trained = Network(Kind::deterministic, 1).trained();
  trained.tensors.push_back({"dense2.weight", Tensor({2, 3})});
  EXPECT_THAT(refuse(trained), HasSubstr("tensor \"dense2.weight\", float32 [2, 3], is of no"));
  trained.tensors.resize(2);  // dense1 is missing
  EXPECT_THAT(refuse(trained), HasSubstr("expected tensor \"dense1.weight_mu\", float32 [3, 36], "
                                         "found none; the closest is \"conv1.weight\""));
}

TEST(InitialWeights, AreReadFromACheckpointWithTheUnitsOfItsData) {
  const TemporaryFolder directory;
  const Network source(Kind::deterministic, 1);
  std::vector<NamedTensor> saved = source.values();
  saved.push_back({"data.src_scale", Tensor({2}, DType::float64)});
  const std::vector<NamedTensor> state{{"conv1.weight.velocity", Tensor({4, 2, 3, 3})}};
  const auto file = save_checkpoint(directory / "checkpoints", saved, state, {.step = 3});
  const TrainedWeights trained = read_trained_weights(directory.path());
  EXPECT_EQ(trained.file, file);
  EXPECT_EQ(trained.tensors.size(), 5u);
  Network model(Kind::bayesian, 2);
  std::vector<NamedTensor> weights = model.values();
  begin_from(trained, weights, 0);
  expect_equal(model.value("conv1.weight_mu"), source.value("conv1.weight"));
}

}  // namespace
}  // namespace credence
