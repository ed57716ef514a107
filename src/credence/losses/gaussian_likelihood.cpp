#include "credence/losses/gaussian_likelihood.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/distributions/gaussian.h"
#include "credence/kernels/parallel_sum.h"
#include "credence/losses/checks.h"

namespace credence {
namespace {

constexpr std::string_view loss_name = "gaussian";

/// A batch's output: by row the mean of each target, and its sigma.
template <class T>
class Rows {
 public:
  Rows(const Tensor& output, const GaussianLikelihoodOptions& options, bool is_held)
      : means_(output.data<T>()),
        width_(output.shape().row_size()),
        fixed_(static_cast<T>(is_held ? options.warmup_sigma : options.sigma.value_or(0))),
        floor_(static_cast<T>(options.min_sigma)) {
    const bool has_rhos = !options.sigma || options.learn_sigma;
    to_rho_ = has_rhos ? width_ / 2 : 0;
    is_fixed_ = is_held || !has_rhos;
  }

  /// Where the mean is; to_rho() behind it is rho.
  std::int64_t at(std::int64_t row, std::int64_t target) const { return row * width_ + target; }
  /// 0: sigma is fixed.
  std::int64_t to_rho() const { return to_rho_; }
  T mean(std::int64_t at) const { return means_[at]; }
  T rho(std::int64_t at) const { return means_[at + to_rho_]; }
  T sigma(std::int64_t at) const {
    const T predicted = floor_ + softplus(rho(at));
    return is_fixed_ ? fixed_ : predicted;
  }

 private:
  const T* means_;
  std::int64_t width_, to_rho_;
  bool is_fixed_;
  T fixed_, floor_;
};

}  // namespace

GaussianLikelihood::GaussianLikelihood(const Options& options) : options_(options) {
  const double sigma = options.sigma.value_or(1);
  require<ConfigError>(sigma > 0 && std::isfinite(sigma), loss_name,
                       ": sigma must be positive and finite, got ", sigma);
  require<ConfigError>(has_rhos() || options.min_sigma == Options{}.min_sigma, loss_name,
                       ": min_sigma is of predicted sigmas, and sigma is given: remove one");
  require<ConfigError>(options.min_sigma > 0 && std::isfinite(options.min_sigma), loss_name,
                       ": min_sigma must be positive and finite, got ", options.min_sigma);
  require<ConfigError>(!options.learn_sigma || sigma > options.min_sigma, loss_name,
                       ": a sigma that is learned must begin above min_sigma, ", options.min_sigma,
                       ", got ", sigma);
  require<ConfigError>(options.warmup_epochs >= 0, loss_name,
                       ": warmup_epochs: expected 0 or more, got ", options.warmup_epochs);
  require<ConfigError>(options.warmup_epochs == 0 || has_rhos(), loss_name,
                       ": warmup_epochs are of sigmas that are predicted or learned");
  require<ConfigError>(options.warmup_epochs == 0 || (options.warmup_sigma > options.min_sigma &&
                                                      std::isfinite(options.warmup_sigma)),
                       loss_name, ": warmup_sigma must be above min_sigma, ", options.min_sigma,
                       ", and finite, got ", options.warmup_sigma);
}

std::int64_t GaussianLikelihood::output_size(std::int64_t targets) const {
  return options_.sigma || options_.learn_sigma ? targets : 2 * targets;
}

std::optional<double> GaussianLikelihood::learned_rho() const {
  if (!options_.learn_sigma) return std::nullopt;
  return softplus_inverse(options_.sigma.value_or(1) - options_.min_sigma);
}

std::int64_t GaussianLikelihood::targets_of(const Tensor& output) const {
  return prediction_shape(output.shape().without_leading()).size();
}

void GaussianLikelihood::setup(const Shape& output, const Shape& target, std::int64_t classes) {
  require<ShapeError>(classes == 0, loss_name, ": is for regression, got a data set of ", classes,
                      " classes");
  const std::int64_t wanted = has_rhos() ? 2 * target.size() : target.size();
  require<ShapeError>(
      output.size() == wanted, loss_name, ": the output must have ", wanted, " elements, ",
      has_rhos() ? "a mean and a rho for each of the target " : "as many as the target ", target,
      ", got shape ", output);
}

double GaussianLikelihood::forward(const Tensor& output, const Tensor& target, double divisor,
                                   Tensor* diff_output) const {
  const std::int64_t targets = targets_of(output);
  check_batch(loss_name, output, target, targets, diff_output);
  const double held_rho =
      is_held_ ? softplus_inverse(options_.warmup_sigma - options_.min_sigma) : 0;
  return with_real_type(output.dtype(), [&]<class T>(T) {
    const Rows<T> rows(output, options_, is_held_);
    T* const diff = diff_output ? diff_output->data<T>() : nullptr;
    const float* const wanted = target.data<float>();
    const auto scale = static_cast<T>(1 / divisor), held = static_cast<T>(held_rho);
    const bool is_held = is_held_;
    const double sum = sum_of_terms(output.shape()[0] * targets, [=](std::int64_t element) {
      const std::int64_t n = element / targets, at = rows.at(n, element - n * targets);
      const T sigma = rows.sigma(at), error = rows.mean(at) - static_cast<T>(wanted[element]);
      if (diff) {
        const T z = error / sigma, rho = rows.rho(at);
        const T of_sigma = (T(1) - z * z) / sigma * softplus_derivative(rho);
        diff[at + rows.to_rho()] = scale * (is_held ? rho - held : of_sigma);
        diff[at] = scale * z / sigma;  // after rho's, which is here too if sigma is fixed
      }
      return -gaussian_log_density(error, T(0), sigma);
    });
    return sum / divisor;
  });
}

Shape GaussianLikelihood::prediction_shape(const Shape& output) const {
  return has_rhos() ? Shape{output.size() / 2} : output;
}

/// to[n, i] = figure(rows, where mean [n, i] is).
template <class Figure>
void GaussianLikelihood::write_rows(const Tensor& output, Tensor& to, Figure figure) const {
  const std::int64_t targets = targets_of(output);
  check_prediction(loss_name, output, to, targets);
  with_real_type(output.dtype(), [&]<class T>(T) {
    with_real_type(to.dtype(), [&]<class P>(P) {
      const Rows<T> rows(output, options_, is_held_);
      for (std::int64_t n = 0; n < output.shape()[0]; ++n) {
        for (std::int64_t i = 0; i < targets; ++i)
          to.data<P>()[n * targets + i] = static_cast<P>(figure(rows, rows.at(n, i)));
      }
    });
  });
}

void GaussianLikelihood::predict(const Tensor& output, Tensor& prediction) const {
  write_rows(output, prediction, [](const auto& rows, std::int64_t at) { return rows.mean(at); });
}

void GaussianLikelihood::predict_variance(const Tensor& output, Tensor& variance) const {
  write_rows(output, variance,
             [](const auto& rows, std::int64_t at) { return rows.sigma(at) * rows.sigma(at); });
}

void GaussianLikelihood::write_fisher_column(const Tensor& output, std::int64_t column,
                                             Tensor& root) const {
  // Diagonal: 1 / sigma^2 for a mean, 2 / sigma^2 for a sigma.
  const std::int64_t targets = targets_of(output), width = output.shape().row_size();
  root.fill(0);
  with_real_type(output.dtype(), [&]<class T>(T) {
    const Rows<T> rows(output, options_, is_held_);
    for (std::int64_t n = 0; n < output.shape()[0]; ++n) {
      const std::int64_t at = rows.at(n, column % targets);
      T slope = 1;
      if (column >= targets) slope = std::sqrt(T(2)) * softplus_derivative(rows.rho(at));
      root.data<T>()[n * width + column] = slope / rows.sigma(at);
    }
  });
}

void GaussianLikelihood::log_density(const Tensor& output, const Tensor& target,
                                     std::span<double> log_density) const {
  const std::int64_t targets = targets_of(output);
  check_batch(loss_name, output, target, targets, nullptr);
  with_real_type(output.dtype(), [&]<class T>(T) {
    const Rows<T> rows(output, options_, is_held_);
    for (std::int64_t n = 0; n < output.shape()[0]; ++n) {
      const float* const wanted = target.data<float>() + n * targets;
      log_density[static_cast<std::size_t>(n)] = 0;
      for (std::int64_t i = 0; i < targets; ++i)
        log_density[static_cast<std::size_t>(n)] += gaussian_log_density<double>(
            wanted[i], rows.mean(rows.at(n, i)), rows.sigma(rows.at(n, i)));
    }
  });
}

}  // namespace credence
