#include "credence/optim/nadam.h"

#include <array>
#include <cmath>

#include "optim/optimizer_checks.h"
#include <gmock/gmock.h>

namespace credence {
namespace {

std::unique_ptr<Optimizer> nadam(const NadamOptions& options) {
  return std::make_unique<Nadam>(options);
}

/// The product of momenta is a running one here.
TEST(Nadam, IsAlgorithmEightOfDozat) {
  expect_recurrence_in_both_types(
      [] {
        return nadam({.beta1 = 0.8,
                      .beta2 = 0.99,
                      .epsilon = 1e-4,
                      .weight_decay = 0.2,
                      .momentum_decay = 0.3});
      },
      [] {
        return
            [m = 0.0, n = 0.0, product = 1.0](double w, double gradient, double lr, int t) mutable {
              const auto mu = [](int i) { return 0.8 * (1 - 0.5 * std::pow(0.96, i * 0.3)); };
              product *= mu(t);
              const double g = gradient + 0.2 * w;
              const double g_hat = g / (1 - product);
              m = 0.8 * m + 0.2 * g;
              const double m_hat = m / (1 - product * mu(t + 1));
              n = 0.99 * n + 0.01 * g * g;
              const double n_hat = n / (1 - std::pow(0.99, t));
              const double m_bar = (1 - mu(t)) * g_hat + mu(t + 1) * m_hat;
              return w - lr * m_bar / (std::sqrt(n_hat) + 1e-4);
            };
      });
}

/// Five steps from (1, -2, 0.5) along value^3 - t * (0.1, 0.2, 0.3), t from 0, at rate 0.1.
void expect_steps(const NadamOptions& options, const std::array<double, 3> (&expected)[5]) {
  Parameter p("p", {3}, DType::float64);
  const auto value = p.value.span<double>();
  std::ranges::copy(std::array{1.0, -2.0, 0.5}, value.begin());
  Parameter* const parameters[] = {&p};
  Nadam optimizer(options);
  optimizer.setup(parameters);
  for (std::uint64_t t = 0; t < 5; ++t) {
    for (std::size_t i = 0; i < 3; ++i)
      p.gradient.span<double>()[i] = std::pow(value[i], 3) - 0.1 * static_cast<double>(t * (i + 1));
    optimizer.step(parameters, 0.1, {.step = t});
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(value[i], expected[t][i], 1e-14) << "step " << t << " element " << i;
  }
}

/// From torch.optim.NAdam of PyTorch 1.13 with foreach=True, in float64. (Without foreach that
/// version multiplies the product at t + 1 by mu(t) twice; later ones do not.)
TEST(Nadam, TakesTheStepsOfPyTorch) {
  expect_steps({}, {{0.894354823220913, -1.8943548222965176, 0.39435483061607474},
                    {0.8341980644241327, -1.8207876486960792, 0.4840103480460187},
                    {0.7903889947127116, -1.7539297477597724, 0.5844198348079582},
                    {0.7596382127229017, -1.6886076020789003, 0.6868796274410962},
                    {0.7425745626611439, -1.6232741185554307, 0.7905948767040868}});
  expect_steps(
      {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.1, .momentum_decay = 0.5},
      {{0.8900787060689247, -1.8899921932060908, 0.3906038982016017},
       {0.8210530278541133, -1.8082599146611895, 0.4681060749548092},
       {0.7671629090753053, -1.7315684061526957, 0.5733218068178075},
       {0.7266712845837485, -1.6557221064808185, 0.6843362895105254},
       {0.7015144107649273, -1.5797938826363742, 0.7975924921724612}});
}

/// The sizes of a late step are those of a running product, to the last bit or two.
TEST(Nadam, MakesTheProductOfMomentaAnewAtAnyStep) {
  for (const double beta1 : {0.0, 0.9, 0.999})
    for (const double decay : {0.0, 4e-3, 10.0}) {
      const NadamRule rule({.beta1 = beta1, .momentum_decay = decay});
      const auto mu = [&](double t) { return beta1 * (1 - 0.5 * std::pow(0.96, t * decay)); };
      double product = 1;
      for (std::uint64_t step = 0; step < 3000; ++step) {
        const double t = static_cast<double>(step) + 1;
        product *= mu(t);
        const auto update = rule.prepare<double>(1, step);
        ASSERT_NEAR(update.gradient_size * (1 - product), 1 - mu(t), 1e-15) << step;
        ASSERT_NEAR(update.moment_size * (1 - product * mu(t + 1)), mu(t + 1), 1e-15) << step;
      }
    }
  EXPECT_EQ(NadamRule({}).prepare<double>(1, 1ull << 40).gradient_size, 1 - 0.9);
}

TEST(Nadam, RefusesOptionsOutOfRangeByName) {
  expect_config_error("beta1", [] { nadam({.beta1 = 1}); });
  expect_config_error("beta2", [] { nadam({.beta2 = -1}); });
  expect_config_error("epsilon", [] { nadam({.epsilon = 0}); });
  expect_config_error("weight_decay", [] { nadam({.weight_decay = std::nan("")}); });
  expect_config_error("momentum_decay", [] { nadam({.momentum_decay = -1}); });
}

}  // namespace
}  // namespace credence
