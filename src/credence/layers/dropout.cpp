#include "credence/layers/dropout.h"

#include "credence/base/errors.h"
#include "credence/kernels/elementwise.h"

namespace credence {

Dropout::Dropout(const DropoutOptions& options) : options_(options) {
  require<ConfigError>(options.rate >= 0 && options.rate < 1,
                       "Dropout: rate must be in [0, 1), got ", options.rate);
}

Shape Dropout::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  name_ = setup.name;
  const Shape& src = only_source(setup, src_shapes);
  mask_ = Tensor(src.prepend(setup.max_batch), setup.dtype);
  return src;
}

bool Dropout::drops(const StepContext& context) const {
  return context.training ||
         (options_.monte_carlo && context.weights == WeightSampling::predictive);
}

void Dropout::forward(std::span<const Tensor> src, Tensor& dst, const StepContext& context) {
  if (!drops(context)) {
    copy(src[0], dst, Write::overwrite);
    return;
  }
  const NoiseKey key =
      noise_key(context.seed, context.training ? Stream::dropout : Stream::predict, name_);
  const std::uint64_t step = context.training ? context.step : 0;
  const std::int64_t batch = src[0].shape()[0], row_size = mask_.shape().row_size();
  with_real_type(mask_.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T rate = static_cast<T>(options_.rate), kept = static_cast<T>(1 / (1 - options_.rate));
    parallel_for(batch, row_pieces(4 * row_size), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const std::span<T> mask(mask_.data<T>() + n * row_size, static_cast<std::size_t>(row_size));
        const auto example = static_cast<std::uint32_t>(context.first_example + n);
        fill_uniform(mask, key, {.step = step, .example = example, .sample = context.sample});
        for (T& element : mask) element = element < rate ? T(0) : kept;
      }
    });
  });
  transform(src[0], mask_.rows(0, batch), dst, Write::overwrite,
            [](auto x, auto m) { return x * m; });
}

void Dropout::backward(std::span<const Tensor> /*src*/, const Tensor& /*dst*/,
                       const Tensor& diff_dst, std::span<DiffSrc> diff_src,
                       const StepContext& context) {
  if (!diff_src[0].tensor) return;
  if (!drops(context)) {
    copy(diff_dst, *diff_src[0].tensor, diff_src[0].write);
    return;
  }
  transform(diff_dst, mask_.rows(0, diff_dst.shape()[0]), *diff_src[0].tensor, diff_src[0].write,
            [](auto dy, auto m) { return dy * m; });
}

LayerSummary Dropout::summary() const {
  return {.type = "Dropout",
          .details = concat("rate ", options_.rate, options_.monte_carlo ? ", Monte Carlo" : "")};
}

}  // namespace credence
