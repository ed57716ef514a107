#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "credence/base/errors.h"
#include "credence/optim/optimizer.h"

namespace credence {

inline void fill_normal_values(Tensor& tensor, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  with_real_type(tensor.dtype(), [&]<class T>(T) {
    for (T& element : tensor.span<T>()) element = static_cast<T>(normal(generator));
  });
}

/// Parameters of several shapes, with an optimizer set up for them.
struct Fit {
  std::vector<std::unique_ptr<Parameter>> owned;
  std::vector<Parameter*> parameters;
  std::unique_ptr<Optimizer> optimizer;

  Fit(std::unique_ptr<Optimizer> made, std::initializer_list<Shape> shapes, DType dtype)
      : optimizer(std::move(made)) {
    for (const Shape& shape : shapes) {
      const std::string name = concat("p", owned.size(), ".weight");
      owned.push_back(std::make_unique<Parameter>(name, shape, dtype));
      fill_normal_values(owned.back()->value, static_cast<unsigned>(owned.size()));
      parameters.push_back(owned.back().get());
    }
    optimizer->setup(parameters);
  }

  /// A step along gradients that depend on the step alone.
  void step(std::uint64_t step, double learning_rate) {
    for (std::size_t i = 0; i < owned.size(); ++i)
      fill_normal_values(owned[i]->gradient, static_cast<unsigned>(1000 + 10 * step + i));
    optimizer->step(parameters, learning_rate, StepContext{.step = step});
  }
};

inline double learning_rate_at(int step) {
  return 0.1 / (1 + step);
}

/// Runs six steps with a falling learning rate, and compares with `expected(value, gradient,
/// learning_rate, t)`, a recurrence for one element that keeps its own state; t counts from 1.
template <class T, class Recurrence>
void expect_recurrence(std::unique_ptr<Optimizer> optimizer, Recurrence make, double tolerance) {
  Fit problem(std::move(optimizer), {{3, 5}, {7}}, dtype_of<T>);
  std::vector<decltype(make())> recurrences(22, make());
  std::vector<double> expected;
  for (Parameter* parameter : problem.parameters)
    for (const T value : parameter->value.template span<T>()) expected.push_back(value);
  for (int step = 0; step < 6; ++step) {
    problem.step(step, learning_rate_at(step));
    std::size_t i = 0;
    for (Parameter* parameter : problem.parameters)
      for (std::int64_t k = 0; k < parameter->value.size(); ++k, ++i) {
        const double gradient = parameter->gradient.template data<T>()[k];
        expected[i] = recurrences[i](expected[i], gradient, learning_rate_at(step), step + 1);
        EXPECT_NEAR(parameter->value.template data<T>()[k], expected[i], tolerance)
            << parameter->name << " " << k << " step " << step;
      }
  }
}

template <class Recurrence>
void expect_recurrence_in_both_types(std::unique_ptr<Optimizer> (*make)(), Recurrence recurrence) {
  expect_recurrence<double>(make(), recurrence, 1e-13);
  expect_recurrence<float>(make(), recurrence, 2e-6);
}

template <class F>
void expect_config_error(const char* key, F make) {
  try {
    make();
    ADD_FAILURE() << "accepted " << key;
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(key));
  }
}

}  // namespace credence
