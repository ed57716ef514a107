#include <cmath>
#include <cstring>
#include <memory>

#include "optim/optimizer_checks.h"
#include <gmock/gmock.h>

#include "credence/config/registries.h"
#include "credence/kernels/parallel.h"
#include "credence/optim/adam.h"
#include "credence/optim/sgd.h"

namespace credence {
namespace {

std::unique_ptr<Optimizer> sgd(const SgdOptions& options) {
  return std::make_unique<Sgd>(options);
}
std::unique_ptr<Optimizer> adam(const AdamOptions& options) {
  return std::make_unique<Adam>(options);
}

TEST(Sgd, FollowsTheGradient) {
  expect_recurrence_in_both_types(
      [] { return sgd({}); },
      [] { return [](double w, double g, double lr, int) { return w - lr * g; }; });
}

TEST(Sgd, AddsTheGradientOfThePenalty) {
  expect_recurrence_in_both_types(
      [] { return sgd({.weight_decay = 0.3}); },
      [] { return [](double w, double g, double lr, int) { return w - lr * (g + 0.3 * w); }; });
}

TEST(Sgd, WithMomentumSumsPastGradients) {
  expect_recurrence_in_both_types(
      [] { return sgd({.momentum = 0.9, .weight_decay = 0.01}); },
      [] {
        return [sum = std::vector<double>()](double w, double g, double lr, int) mutable {
          sum.push_back(g + 0.01 * w);
          double velocity = 0;  // sum over past steps of 0.9^age g, written out
          for (std::size_t i = 0; i < sum.size(); ++i)
            velocity += std::pow(0.9, static_cast<double>(sum.size() - 1 - i)) * sum[i];
          return w - lr * velocity;
        };
      });
}

TEST(Sgd, WithNesterovLooksAhead) {
  // Sutskever et al. 2013 at a constant rate e: v' = mu v - e grad(theta + mu v), theta' = theta +
  // v'. Our value is the point looked ahead to, theta + mu v.
  expect_recurrence_in_both_types([] { return sgd({.momentum = 0.8, .nesterov = true}); },
                                  [] {
                                    return
                                        [v = 0.0](double ahead, double g, double lr, int) mutable {
                                          const double theta = ahead - lr * 0.8 * v;
                                          v = 0.8 * v - g;
                                          return theta + lr * v + lr * 0.8 * v;
                                        };
                                  });
}

TEST(Adam, IsAlgorithmOneOfKingmaAndBa) {
  expect_recurrence_in_both_types([] { return adam({.beta1 = 0.8, .beta2 = 0.99}); },
                                  [] {
                                    return [m = 0.0, v = 0.0](double w, double g, double lr,
                                                              int t) mutable {
                                      m = 0.8 * m + (1 - 0.8) * g;
                                      v = 0.99 * v + (1 - 0.99) * g * g;
                                      const double m_hat = m / (1 - std::pow(0.8, t));
                                      const double v_hat = v / (1 - std::pow(0.99, t));
                                      return w - lr * m_hat / (std::sqrt(v_hat) + 1e-8);
                                    };
                                  });
}

TEST(Adam, AddsTheGradientOfThePenaltyAndEpsilonOutsideTheRoot) {
  expect_recurrence_in_both_types(
      [] { return adam({.epsilon = 0.5, .weight_decay = 0.2}); },
      [] {
        return [m = 0.0, v = 0.0](double w, double gradient, double lr, int t) mutable {
          const double g = gradient + 0.2 * w;
          m = 0.9 * m + 0.1 * g;
          v = 0.999 * v + 0.001 * g * g;
          return w - lr * (m / (1 - std::pow(0.9, t))) /
                         (std::sqrt(v / (1 - std::pow(0.999, t))) + 0.5);
        };
      });
}

TEST(Adam, FirstStepIsOfTheLearningRate) {
  Fit problem(adam({}), {{100}}, DType::float64);
  const Tensor before = problem.owned[0]->value.clone();
  problem.step(0, 0.01);
  for (std::int64_t i = 0; i < 100; ++i) {
    const double sign = std::copysign(1.0, problem.owned[0]->gradient.data<double>()[i]);
    EXPECT_NEAR(problem.owned[0]->value.data<double>()[i], before.data<double>()[i] - 0.01 * sign,
                1e-7);
  }
}

struct Named {
  std::string name;
  std::function<std::unique_ptr<Optimizer>()> make;
};

/// Those that a recipe may name, with their defaults, and what options make of them.
std::vector<Named> every_optimizer() {
  std::vector<Named> all{
      {"momentum", [] { return sgd({.momentum = 0.9}); }},
      {"nesterov", [] { return sgd({.momentum = 0.9, .nesterov = true}); }},
  };
  for (const std::string& name : optimizer_registry().names()) {
    OptionReader defaults;
    all.push_back({name, optimizer_registry().find(name).prepare(defaults)});
  }
  return all;
}

class EveryOptimizer : public ::testing::TestWithParam<Named> {};

INSTANTIATE_TEST_SUITE_P(Optimizers, EveryOptimizer, ::testing::ValuesIn(every_optimizer()),
                         [](const auto& test) { return test.param.name; });

TEST_P(EveryOptimizer, FindsTheMinimumOfAQuadratic) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    Fit problem(GetParam().make(), {{3}}, dtype);
    Parameter& p = *problem.owned[0];
    // 1/2 sum of curvature (w - centre)^2, with curvatures 0.5, 1, 2 and centres 1, 2, 3.
    for (int step = 0; step < 600; ++step) {
      with_real_type(dtype, [&]<class T>(T) {
        for (int i = 0; i < 3; ++i)
          p.gradient.data<T>()[i] =
              static_cast<T>(0.5 * (1 << i)) * (p.value.data<T>()[i] - (1 + i));
      });
      const double rate = 0.1 * std::max(0.0, 1 - step / 600.0);
      problem.optimizer->step(problem.parameters, rate,
                              StepContext{.step = static_cast<std::uint64_t>(step)});
    }
    with_real_type(dtype, [&]<class T>(T) {
      for (int i = 0; i < 3; ++i) EXPECT_NEAR(p.value.data<T>()[i], 1 + i, 1e-3);
    });
  }
}

TEST_P(EveryOptimizer, GoesOnFromItsStateBitForBit) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    Fit through(GetParam().make(), {{11, 3}, {5}}, dtype);
    for (int step = 0; step < 4; ++step) through.step(step, 0.05);
    Fit resumed(GetParam().make(), {{11, 3}, {5}}, dtype);
    auto source = through.optimizer->state();
    auto copied = resumed.optimizer->state();
    ASSERT_EQ(source.size(), copied.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
      EXPECT_EQ(source[i].name, copied[i].name);
      copied[i].tensor.copy_from(source[i].tensor);
    }
    for (std::size_t i = 0; i < 2; ++i) resumed.owned[i]->value.copy_from(through.owned[i]->value);
    for (int step = 4; step < 8; ++step) {
      through.step(step, 0.05);
      resumed.step(step, 0.05);
    }
    for (std::size_t i = 0; i < 2; ++i)
      EXPECT_EQ(std::memcmp(through.owned[i]->value.raw(), resumed.owned[i]->value.raw(),
                            through.owned[i]->value.bytes()),
                0);
  }
}

TEST_P(EveryOptimizer, DoesNotDependOnTheNumberOfThreads) {
  const int threads = thread_count();
  const auto run = [&](int count) {
    set_thread_count(count);
    Fit problem(GetParam().make(), {{3 * elementwise_grain + 17}, {5}}, DType::float32);
    for (int step = 0; step < 3; ++step) problem.step(step, 0.05);
    set_thread_count(threads);
    return problem.owned[0]->value;
  };
  const Tensor alone = run(1);
  for (const int count : {2, 3, 7})
    EXPECT_EQ(std::memcmp(alone.raw(), run(count).raw(), alone.bytes()), 0) << count;
}

TEST_P(EveryOptimizer, RefusesOtherParametersThanItWasSetUpFor) {
  Fit problem(GetParam().make(), {{3}, {4}}, DType::float32);
  problem.owned[1]->gradient = Tensor({5});
  EXPECT_THROW(problem.optimizer->step(problem.parameters, 0.1, {}), ShapeError);
  if (problem.optimizer->state().empty()) return;
  problem.parameters.pop_back();
  EXPECT_THROW(problem.optimizer->step(problem.parameters, 0.1, {}), InternalError);
}

std::vector<std::string> state_names(Optimizer& optimizer) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : optimizer.state()) names.push_back(tensor.name);
  return names;
}

TEST(Optimizers, NameTheirState) {
  using ::testing::ElementsAre;
  const auto shapes = {Shape{3}, Shape{2, 2}};
  EXPECT_THAT(state_names(*Fit(sgd({}), shapes, DType::float32).optimizer), ElementsAre());
  EXPECT_THAT(state_names(*Fit(sgd({.momentum = 0.5}), shapes, DType::float32).optimizer),
              ElementsAre("p0.weight.velocity", "p1.weight.velocity"));
  EXPECT_THAT(state_names(*Fit(adam({}), shapes, DType::float32).optimizer),
              ElementsAre("p0.weight.first_moment", "p0.weight.second_moment",
                          "p1.weight.first_moment", "p1.weight.second_moment"));
}

TEST(Optimizers, RefuseOptionsOutOfRangeByName) {
  const double nan = std::nan("");
  expect_config_error("momentum", [] { sgd({.momentum = 1}); });
  expect_config_error("momentum", [] { sgd({.momentum = -0.1}); });
  expect_config_error("nesterov", [] { sgd({.nesterov = true}); });
  expect_config_error("weight_decay", [] { sgd({.weight_decay = -1}); });
  expect_config_error("beta1", [] { adam({.beta1 = 1}); });
  expect_config_error("beta2", [&] { adam({.beta2 = nan}); });
  expect_config_error("epsilon", [] { adam({.epsilon = 0}); });
  expect_config_error("weight_decay", [] { adam({.weight_decay = -1}); });
}

TEST(Optimizers, ShowTheirOptions) {
  std::vector<std::string> keys;
  const auto collect = [&](const char* key, auto&) { keys.emplace_back(key); };
  AdamOptions{}.visit(collect);
  SgdOptions{}.visit(collect);
  EXPECT_THAT(keys, ::testing::ElementsAre("beta1", "beta2", "epsilon", "weight_decay", "momentum",
                                           "nesterov", "weight_decay"));
}

}  // namespace
}  // namespace credence
