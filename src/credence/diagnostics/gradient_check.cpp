#include "credence/diagnostics/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

/// Biases that begin at zero put every ReLU whose source is zero, such as an image's background, at
/// its kink, where each kernel may choose a slope: small draws take their place.
void leave_zero(Parameter& parameter, std::uint64_t seed) {
  with_real_type(parameter.value.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::span<T> values = parameter.value.span<T>();
    if (std::ranges::any_of(values, [](T x) { return x != 0; })) return;
    fill_normal(values, noise_key(seed, Stream::noise, "check.zeros." + parameter.name), {});
    for (T& x : values) x *= T(0.0625);
  });
}

/// nll + kl / N of one batch, as a function of the weights.
class Objective {
 public:
  Objective(const Subject& subject, const Examples& examples, DType dtype)
      : subject_(subject),
        src_(converted(examples.src, dtype)),
        target_(examples.target),
        model_(subject.graph,
               {.dtype = dtype, .max_batch = examples.count(), .seed = subject.seed}),
        context_{.seed = subject.seed, .global_batch = examples.count()} {
    copy_values(subject.model, model_);
    for (Parameter* parameter : model_.parameters()) leave_zero(*parameter, subject.seed);
  }

  double value() {
    model_.forward(src_, context_);
    return nll(nullptr) + subject_.kl_scale() * model_.kl(context_);
  }

  /// Leaves the gradients in the model's parameters.
  void differentiate() {
    model_.forward(src_, context_);
    nll(&model_.diff_output());
    model_.backward(context_);
    model_.add_kl_gradient(subject_.kl_scale(), context_,
                           [](std::size_t, std::int64_t, std::int64_t) {});
  }

  const std::vector<Parameter*>& parameters() const { return model_.parameters(); }

 private:
  double nll(Tensor* diff_output) {
    return subject_.loss.forward(model_.output(), target_,
                                 static_cast<double>(context_.global_batch), diff_output);
  }

  const Subject& subject_;
  Tensor src_, target_;
  Model model_;
  StepContext context_;
};

/// The central difference, unless the one-sided ones disagree.
std::optional<double> difference(Objective& objective, double& x, double here, double h,
                                 double tolerance, double least) {
  const double kept = x;
  x = kept + h;
  const double up = (objective.value() - here) / h;
  x = kept - h;
  const double down = (here - objective.value()) / h;
  x = kept;
  const double central = (up + down) / 2;
  const bool at_kink = std::abs(up - down) > tolerance * std::max(std::abs(central), least);
  if (at_kink) return std::nullopt;
  return central;
}

std::vector<std::size_t> draw_elements(const Parameter& parameter, std::int64_t count,
                                       std::uint64_t seed) {
  const std::int64_t size = parameter.value.size();
  const NoiseKey key = noise_key(seed, Stream::noise, "check.gradients." + parameter.name);
  std::vector<std::int64_t> places(static_cast<std::size_t>(std::min(count, size)));
  Permutation(static_cast<std::uint64_t>(size), key, 0).map(0, places);
  return {places.begin(), places.end()};
}

/// NaN if either is no number.
double relative_error(double analytic, double numeric, double least) {
  const double size = std::max({std::abs(analytic), std::abs(numeric), least});
  return std::abs(analytic - numeric) / size;
}

double root_mean_square(std::span<const double> x) {
  double squares = 0;
  for (const double value : x) squares += value * value;
  return std::sqrt(squares / static_cast<double>(x.size()));
}

double norm_of_difference(const Tensor& a, const Tensor& b) {
  double squares = 0;
  const auto x = a.span<float>();
  const auto y = b.span<double>();
  for (std::size_t i = 0; i < y.size(); ++i) squares += (x[i] - y[i]) * (x[i] - y[i]);
  return std::sqrt(squares);
}

}  // namespace

CheckRow check_gradients(const Subject& subject, const GradientCheckOptions& options) {
  const Examples examples = subject.examples(options.examples);
  Objective objective(subject, examples, DType::float64);
  objective.differentiate();
  std::vector<Tensor> gradients;
  for (const Parameter* parameter : objective.parameters())
    gradients.push_back(parameter->gradient.clone());

  double worst = 0;
  std::string where;
  std::int64_t compared = 0, kinks = 0;
  const double here = objective.value();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    Parameter& parameter = *objective.parameters()[i];
    const auto analytic = gradients[i].span<double>();
    const double least = std::max(0.1 * root_mean_square(analytic), 1e-8);
    for (const std::size_t element : draw_elements(parameter, options.elements, subject.seed)) {
      double& x = parameter.value.span<double>()[element];
      std::optional<double> numeric;
      for (const double h : {options.step, options.step / 10})
        if (!numeric) numeric = difference(objective, x, here, h, options.tolerance, least);
      ++(numeric ? compared : kinks);
      if (!numeric) continue;
      const double error = relative_error(analytic[element], *numeric, least);
      if (error > worst || std::isnan(error)) {
        worst = error;
        where = parameter.name;
      }
    }
  }
  if (compared == 0) return skipped("gradients", "every element tried lies at a kink");
  const std::string set_aside =
      kinks > 0 ? concat("; ", counted(kinks, "element"), " at kinks set aside") : "";
  return judged(
      {.check = "gradients",
       .figure = worst,
       .limit = options.tolerance,
       .unit = "relative error",
       .says = concat("gradient of nll + kl/N of ", counted(examples.count(), "example"),
                      " in float64 against central differences, ", counted(compared, "element"),
                      " of ", counted(static_cast<long long>(gradients.size()), "parameter"),
                      "; the worst is of ", where.empty() ? "none" : where, set_aside)});
}

CheckRow check_kernels(const Subject& subject, std::int64_t examples) {
  const Examples drawn = subject.examples(examples);
  Objective reference(subject, drawn, DType::float64), trained(subject, drawn, DType::float32);
  reference.differentiate();
  trained.differentiate();
  double worst = 0;
  std::string where = "none";
  for (std::size_t i = 0; i < reference.parameters().size(); ++i) {
    const Tensor& expected = reference.parameters()[i]->gradient;
    const double size =
        root_mean_square(expected.span<double>()) * std::sqrt(static_cast<double>(expected.size()));
    const double off = norm_of_difference(trained.parameters()[i]->gradient, expected);
    const double error = off == 0 ? 0 : off / size;
    if (error > worst || std::isnan(error)) {
      worst = error;
      where = reference.parameters()[i]->name;
    }
  }
  const bool is_float32 = subject.graph.precision == Precision::float32;
  return judged({.check = "kernels",
                 .figure = worst,
                 .limit = is_float32 ? 1e-3 : 0.1,
                 .unit = "relative error",
                 .says = concat("the same gradient of ", counted(drawn.count(), "example"), " in ",
                                enum_name(subject.graph.precision),
                                " on the kernels that train; the worst is of ", where)});
}

}  // namespace credence
