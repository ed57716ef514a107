#include <algorithm>

#include "credence/kernels/linear_map.h"

namespace credence::reference {
namespace {

/// The definition, loop by loop.
template <class T>
class Conv2d : public LinearMap {
 public:
  using LinearMap::backward;
  using LinearMap::forward;

  explicit Conv2d(const Conv2dGeometry& geometry) : g_(geometry) {}

  Shape src_shape() const override { return {g_.height, g_.width, g_.channels}; }
  Shape dst_shape() const override { return {g_.out_height(), g_.out_width(), g_.filters}; }
  Shape weights_shape() const override {
    return {g_.filters, g_.channels, g_.kernel[0], g_.kernel[1]};
  }
  std::optional<Conv2dGeometry> geometry() const override { return g_; }

  void forward(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) override {
    check_linear_map(*this, "conv2d", src, weights, dst);
    const auto x = src.span<T>(), w = weights.span<T>();
    auto y = dst.span<T>();
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = bias ? bias->span<T>()[i % g_.filters] : T(0);
    for_each_product(src.shape()[0], [&](auto s, auto k, auto d) { y[d] += x[s] * w[k]; });
  }

  void backward(const LinearBackward& pass, const Tensor& weights, Tensor& diff_weights) override {
    check_linear_map(*this, "conv2d", pass.src, diff_weights, pass.diff_dst);
    const std::int64_t batch = pass.src.shape()[0];
    const auto x = pass.src.span<T>(), dy = pass.diff_dst.span<T>(), w = weights.span<T>();
    auto dw = diff_weights.span<T>();
    std::fill(dw.begin(), dw.end(), T(0));
    for_each_product(batch, [&](auto s, auto k, auto d) { dw[k] += x[s] * dy[d]; });
    if (pass.diff_bias) {
      auto db = pass.diff_bias->span<T>();
      std::fill(db.begin(), db.end(), T(0));
      for (std::size_t i = 0; i < dy.size(); ++i) db[i % g_.filters] += dy[i];
    }
    if (!pass.diff_src) return;
    auto dx = pass.diff_src->span<T>();
    if (pass.write == Write::overwrite) std::fill(dx.begin(), dx.end(), T(0));
    for_each_product(batch, [&](auto s, auto k, auto d) { dx[s] += dy[d] * w[k]; });
  }

 private:
  /// Calls body(src index, weight index, dst index) for every product in the convolution's sum.
  template <class Body>
  void for_each_product(std::int64_t batch, Body body) const {
    const std::int64_t out_height = g_.out_height(), out_width = g_.out_width();
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t oy = 0; oy < out_height; ++oy)
        for (std::int64_t ox = 0; ox < out_width; ++ox)
          for (std::int64_t ky = 0; ky < g_.kernel[0]; ++ky)
            for (std::int64_t kx = 0; kx < g_.kernel[1]; ++kx) {
              const std::int64_t y = oy * g_.stride[0] - g_.pad_begin[0] + ky * g_.dilation[0];
              const std::int64_t x = ox * g_.stride[1] - g_.pad_begin[1] + kx * g_.dilation[1];
              if (y < 0 || y >= g_.height || x < 0 || x >= g_.width) continue;
              const std::int64_t src = ((n * g_.height + y) * g_.width + x) * g_.channels;
              const std::int64_t dst = ((n * out_height + oy) * out_width + ox) * g_.filters;
              for (std::int64_t o = 0; o < g_.filters; ++o)
                for (std::int64_t c = 0; c < g_.channels; ++c)
                  body(src + c, ((o * g_.channels + c) * g_.kernel[0] + ky) * g_.kernel[1] + kx,
                       dst + o);
            }
  }

  Conv2dGeometry g_;
};

}  // namespace

template <class T>
std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry) {
  return std::make_unique<Conv2d<T>>(geometry);
}
template std::unique_ptr<LinearMap> make_linear_map<float>(const Conv2dGeometry&);
template std::unique_ptr<LinearMap> make_linear_map<double>(const Conv2dGeometry&);

}  // namespace credence::reference
