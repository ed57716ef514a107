#include "credence/kernels/linear_map.h"

namespace credence::reference {
namespace {

/// The definition, loop by loop.
template <class T>
class Dense : public LinearMap {
 public:
  using LinearMap::backward;
  using LinearMap::forward;

  explicit Dense(const DenseGeometry& geometry)
      : inputs_(geometry.inputs), outputs_(geometry.outputs) {}

  Shape src_shape() const override { return {inputs_}; }
  Shape dst_shape() const override { return {outputs_}; }
  Shape weights_shape() const override { return {outputs_, inputs_}; }
  std::optional<Conv2dGeometry> geometry() const override {
    return as_convolution({.inputs = inputs_, .outputs = outputs_});
  }

  void forward(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) override {
    check_linear_map(*this, "dense", src, weights, dst);
    const auto x = src.span<T>(), w = weights.span<T>();
    auto y = dst.span<T>();
    for (std::int64_t n = 0; n < src.shape()[0]; ++n)
      for (std::int64_t o = 0; o < outputs_; ++o) {
        T sum = bias ? bias->span<T>()[o] : T(0);
        for (std::int64_t i = 0; i < inputs_; ++i) sum += x[n * inputs_ + i] * w[o * inputs_ + i];
        y[n * outputs_ + o] = sum;
      }
  }

  void backward(const LinearBackward& pass, const Tensor& weights, Tensor& diff_weights) override {
    check_linear_map(*this, "dense", pass.src, diff_weights, pass.diff_dst);
    const auto x = pass.src.span<T>(), dy = pass.diff_dst.span<T>(), w = weights.span<T>();
    auto dw = diff_weights.span<T>();
    const std::int64_t batch = pass.src.shape()[0];
    for (std::int64_t o = 0; o < outputs_; ++o) {
      T bias_sum = 0;
      for (std::int64_t n = 0; n < batch; ++n) bias_sum += dy[n * outputs_ + o];
      if (pass.diff_bias) pass.diff_bias->span<T>()[o] = bias_sum;
      for (std::int64_t i = 0; i < inputs_; ++i) {
        T sum = 0;
        for (std::int64_t n = 0; n < batch; ++n) sum += dy[n * outputs_ + o] * x[n * inputs_ + i];
        dw[o * inputs_ + i] = sum;
      }
    }
    if (!pass.diff_src) return;
    auto dx = pass.diff_src->span<T>();
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t i = 0; i < inputs_; ++i) {
        T sum = pass.write == Write::add ? dx[n * inputs_ + i] : T(0);
        for (std::int64_t o = 0; o < outputs_; ++o)
          sum += dy[n * outputs_ + o] * w[o * inputs_ + i];
        dx[n * inputs_ + i] = sum;
      }
  }

 private:
  std::int64_t inputs_;
  std::int64_t outputs_;
};

}  // namespace

template <class T>
std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry) {
  return std::make_unique<Dense<T>>(geometry);
}
template std::unique_ptr<LinearMap> make_linear_map<float>(const DenseGeometry&);
template std::unique_ptr<LinearMap> make_linear_map<double>(const DenseGeometry&);

}  // namespace credence::reference
