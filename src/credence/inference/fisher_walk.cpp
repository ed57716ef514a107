#include "credence/inference/fisher_walk.h"

#include <cmath>
#include <numeric>

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"
#include "credence/kernels/noise.h"

namespace credence {
namespace {

/// The gradients of the output that the backward passes of a batch start from.
class Roots {
 public:
  Roots(const FisherRoot& fisher, const Shape& output, std::int64_t samples, std::uint64_t seed)
      : fisher_(fisher),
        columns_(fisher.fisher_columns(output)),
        samples_(samples),
        key_(noise_key(seed, Stream::signs, "fisher")) {}

  std::int64_t count() const { return samples_ > 0 ? samples_ : columns_; }

  /// Number `number` of them; `example` is the first row's index.
  void write(const Tensor& output, std::int64_t example, std::int64_t number, Tensor& root) const {
    if (samples_ == 0) return fisher_.write_fisher_column(output, number, root);
    const std::int64_t rows = output.shape()[0], size = output.shape().row_size();
    Tensor signs({rows, columns_}), column(output.shape());
    fill_signs_by_example(signs, key_,
                          {.example = static_cast<std::uint32_t>(example),
                           .sample = static_cast<std::uint32_t>(number)});
    const float weight = 1 / std::sqrt(static_cast<float>(samples_));
    root.fill(0);
    for (std::int64_t k = 0; k < columns_; ++k) {
      fisher_.write_fisher_column(output, k, column);
      for (std::int64_t i = 0; i < root.size(); ++i)
        root.data<float>()[i] +=
            weight * signs.data<float>()[i / size * columns_ + k] * column.data<float>()[i];
    }
  }

 private:
  const FisherRoot& fisher_;
  std::int64_t columns_, samples_;
  NoiseKey key_;
};

/// The negative log-likelihood of the batch of `src` and `target`, whose first example is number
/// `first` of the data.
double add_batch(Curvature& curvature, const Training& training, const Roots& roots,
                 std::int64_t first, const Tensor& src, const Tensor& target) {
  Model& model = training.model;
  const StepContext context{.seed = training.options.seed,
                            .first_example = static_cast<std::uint32_t>(first),
                            .global_batch = training.data->size(),
                            .training = false,
                            .weights = WeightSampling::mean};
  model.forward(src, context);
  for (std::int64_t i = 0; i < roots.count(); ++i) {
    roots.write(model.output(), first, i, model.diff_output());
    model.backward(context);
    curvature.add(i == 0);
  }
  return training.loss.forward(model.output(), target, 1, nullptr);
}

}  // namespace

double walk_fisher(Curvature& curvature, const Training& training, std::int64_t samples) {
  const Dataset& data = *training.data;
  const Model& model = training.model;
  Communicator& communicator = training.communicator;
  const Roots roots(*training.loss.fisher(), model.output_shape(), samples, training.options.seed);
  const std::int64_t begin = data.size() * communicator.rank() / communicator.size();
  const std::int64_t end = data.size() * (communicator.rank() + 1) / communicator.size();
  Tensor src(data.src_shape().prepend(model.max_batch()));
  Tensor target(data.target_shape().prepend(model.max_batch()));
  double nll = 0;
  for (std::int64_t first = begin; first < end; first += model.max_batch()) {
    std::vector<std::int64_t> indices(
        static_cast<std::size_t>(std::min(model.max_batch(), end - first)));
    std::iota(indices.begin(), indices.end(), first);
    const auto rows = static_cast<std::int64_t>(indices.size());
    Tensor batch_src = src.rows(0, rows), batch_target = target.rows(0, rows);
    data.read(indices, 0, batch_src, batch_target);
    nll += add_batch(curvature, training, roots, first, batch_src, batch_target);
  }
  for (Tensor& sum : curvature.sums()) communicator.sum(sum.span<double>());
  communicator.sum(std::span(&nll, 1));
  if (training.loss.problem() == Problem::density_regression)
    nll += static_cast<double>(data.size()) * log_scale(data.target_info());
  return -nll;
}

}  // namespace credence
