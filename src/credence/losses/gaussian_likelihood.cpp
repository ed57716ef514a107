#include "credence/losses/gaussian_likelihood.h"

#include <cmath>

#include "credence/base/errors.h"
#include "credence/distributions/gaussian.h"
#include "credence/kernels/parallel_sum.h"
#include "credence/losses/checks.h"

namespace credence {
namespace {

constexpr std::string_view loss_name = "gaussian";

/// A row of the output: the mean of each target, and its sigma.
template <class T>
struct Row {
  const T* mean;
  const T* rho;  ///< null: sigma is fixed
  T fixed, floor;

  T sigma(std::int64_t target) const { return rho ? floor + softplus(rho[target]) : fixed; }
};

template <class T>
Row<T> row_of(const Tensor& output, const GaussianLikelihoodOptions& options, std::int64_t row) {
  const std::int64_t width = output.shape().row_size();
  const T* const mean = output.data<T>() + row * width;
  return {.mean = mean,
          .rho = options.sigma && !options.learn_sigma ? nullptr : mean + width / 2,
          .fixed = static_cast<T>(options.sigma.value_or(0)),
          .floor = static_cast<T>(options.min_sigma)};
}

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
  const std::int64_t targets = targets_of(output), width = output.shape().row_size();
  check_batch(loss_name, output, target, targets, diff_output);
  return with_real_type(output.dtype(), [&]<class T>(T) {
    const double sum = parallel_sum(
        output.shape()[0], row_pieces(8 * width).least, [&](std::int64_t begin, std::int64_t end) {
          double nll = 0;
          for (std::int64_t n = begin; n < end; ++n) {
            const Row<T> row = row_of<T>(output, options_, n);
            const float* const wanted = target.data<float>() + n * targets;
            for (std::int64_t i = 0; i < targets; ++i) {
              const T sigma = row.sigma(i), error = row.mean[i] - static_cast<T>(wanted[i]);
              nll -= gaussian_log_density(error, 0, sigma);
              if (!diff_output) continue;
              T* const diff = diff_output->data<T>() + n * width;
              const T scale = static_cast<T>(1 / divisor), z = error / sigma;
              diff[i] = scale * z / sigma;
              if (row.rho)
                diff[targets + i] =
                    scale * (T(1) - z * z) / sigma * softplus_derivative(row.rho[i]);
            }
          }
          return nll;
        });
    return sum / divisor;
  });
}

Shape GaussianLikelihood::prediction_shape(const Shape& output) const {
  return has_rhos() ? Shape{output.size() / 2} : output;
}

/// to[n, i] = figure(row n, i).
template <class Figure>
void GaussianLikelihood::write_rows(const Tensor& output, Tensor& to, Figure figure) const {
  const std::int64_t targets = targets_of(output);
  check_prediction(loss_name, output, to, targets);
  with_real_type(output.dtype(), [&]<class T>(T) {
    with_real_type(to.dtype(), [&]<class P>(P) {
      for (std::int64_t n = 0; n < output.shape()[0]; ++n) {
        const Row<T> row = row_of<T>(output, options_, n);
        for (std::int64_t i = 0; i < targets; ++i)
          to.data<P>()[n * targets + i] = static_cast<P>(figure(row, i));
      }
    });
  });
}

void GaussianLikelihood::predict(const Tensor& output, Tensor& prediction) const {
  write_rows(output, prediction, [](const auto& row, std::int64_t i) { return row.mean[i]; });
}

void GaussianLikelihood::predict_variance(const Tensor& output, Tensor& variance) const {
  write_rows(output, variance,
             [](const auto& row, std::int64_t i) { return row.sigma(i) * row.sigma(i); });
}

void GaussianLikelihood::log_density(const Tensor& output, const Tensor& target,
                                     std::span<double> log_density) const {
  const std::int64_t targets = targets_of(output);
  check_batch(loss_name, output, target, targets, nullptr);
  with_real_type(output.dtype(), [&]<class T>(T) {
    for (std::int64_t n = 0; n < output.shape()[0]; ++n) {
      const Row<T> row = row_of<T>(output, options_, n);
      const float* const wanted = target.data<float>() + n * targets;
      log_density[static_cast<std::size_t>(n)] = 0;
      for (std::int64_t i = 0; i < targets; ++i)
        log_density[static_cast<std::size_t>(n)] +=
            gaussian_log_density(wanted[i], row.mean[i], row.sigma(i));
    }
  });
}

}  // namespace credence
