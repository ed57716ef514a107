#include "credence/layers/learned_sigma.h"

#include <algorithm>

#include "credence/base/errors.h"

namespace credence {

Shape LearnedSigma::setup(const LayerSetup& setup, std::span<const Shape> src_shapes) {
  const Shape& src = only_source(setup, src_shapes);
  require<ShapeError>(src.size() == options_.targets, "layer \"", setup.name,
                      "\": a sigma that is learned needs a source of one mean for each of the ",
                      options_.targets, " targets, got ", src,
                      "; a network that gives a rho for each target too predicts its sigmas: "
                      "remove learn_sigma, or the rhos");
  rho_ = Parameter(setup.name + ".rho", {options_.targets}, setup.dtype);
  return {2 * options_.targets};
}

void LearnedSigma::initialize(std::uint64_t /*seed*/) {
  rho_.value.fill(options_.initial_rho);
}

void LearnedSigma::forward(std::span<const Tensor> src, Tensor& dst,
                           const StepContext& /*context*/) {
  with_real_type(dst.dtype(), [&]<class T>(T) {
    const std::int64_t targets = options_.targets;
    const T *const mean = src[0].data<T>(), *const rho = rho_.value.data<T>();
    for (std::int64_t n = 0; n < dst.shape()[0]; ++n) {
      T* const row = dst.data<T>() + n * 2 * targets;
      std::copy_n(mean + n * targets, targets, row);
      std::copy_n(rho, targets, row + targets);
    }
  });
}

void LearnedSigma::backward(std::span<const Tensor> /*src*/, const Tensor& /*dst*/,
                            const Tensor& diff_dst, std::span<DiffSrc> diff_src,
                            const StepContext& /*context*/) {
  rho_.gradient.fill(0);
  with_real_type(diff_dst.dtype(), [&]<class T>(T) {
    const std::int64_t targets = options_.targets;
    T* const diff_rho = rho_.gradient.data<T>();
    for (std::int64_t n = 0; n < diff_dst.shape()[0]; ++n) {
      const T* const row = diff_dst.data<T>() + n * 2 * targets;
      for (std::int64_t i = 0; i < targets; ++i) diff_rho[i] += row[targets + i];
      if (!diff_src[0].tensor) continue;
      T* const diff_mean = diff_src[0].tensor->data<T>() + n * targets;
      const bool add = diff_src[0].write == Write::add;
      for (std::int64_t i = 0; i < targets; ++i)
        diff_mean[i] = (add ? diff_mean[i] : T(0)) + row[i];
    }
  });
}

}  // namespace credence
