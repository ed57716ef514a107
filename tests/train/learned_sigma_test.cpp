// A sigma that is learned finds how much the targets scatter.

#include "credence/layers/learned_sigma.h"

#include <cmath>

#include <gtest/gtest.h>

#include "credence/config/experiment.h"
#include "credence/config/yaml.h"
#include "credence/distributions/softplus.h"

namespace credence {
namespace {

TEST(LearnedSigma, ConvergesToTheNoiseOfALinearGaussianModel) {
  constexpr std::int64_t examples = 4000;
  constexpr double noise[] = {0.3, 2.0}, slope[] = {2, -1};
  Tensor src({examples, 1}), target({examples, 2});
  fill_normal(src.span<float>(), noise_key(1, Stream::noise, "src"), {});
  fill_normal(target.span<float>(), noise_key(1, Stream::noise, "target"), {});
  for (std::int64_t n = 0; n < examples; ++n)
    for (int i = 0; i < 2; ++i) {
      float& y = target.span<float>()[2 * n + i];
      y = static_cast<float>(noise[i] * y + slope[i] * src.span<float>()[n] + 0.5);
    }
  const auto data = std::make_shared<InMemoryDataset>("line", src, target, TargetInfo{});

  const Experiment experiment = read_experiment(
      parse_yaml("model: {layers: [{Dense: {units: 2}}]}\n"
                 "train: {loss: {type: gaussian, learn_sigma: true, min_sigma: 0.1}}",
                 "recipe.yaml"));
  Model model(experiment.make_graph(*data), {.max_batch = 200});
  const std::unique_ptr<Loss> loss = experiment.make_loss(model, *data);
  const std::unique_ptr<Optimizer> optimizer = experiment.make_optimizer();
  const CosineSchedule schedule;
  const std::unique_ptr<Communicator> communicator = self_communicator();
  Loader loader(data, {.global_batch = 200});
  const Tensor& rho = model.parameters().back()->value;
  const auto sigma = [&](int i) { return 0.1 + softplus(rho.span<float>()[i]); };
  EXPECT_NEAR(sigma(0), 1, 1e-6);
  Trainer({.model = model,
           .loss = *loss,
           .optimizer = *optimizer,
           .loader = loader,
           .communicator = *communicator,
           .schedule = &schedule},
          {.epochs = 40, .learning_rate = 0.02})
      .run();
  for (int i = 0; i < 2; ++i)  // the error of an estimated sigma is sigma / sqrt(2 n)
    EXPECT_LT(std::abs(sigma(i) / noise[i] - 1) * std::sqrt(2.0 * examples), 4)
        << "sigma " << sigma(i) << " of " << noise[i] << ", n = " << examples;
}

}  // namespace
}  // namespace credence
