#include "credence/kernels/linear_map.h"

namespace credence::reference {
namespace {

/// The definition, loop by loop.
template <class T>
class Dense : public LinearMap {
 public:
  explicit Dense(const DenseGeometry& geometry)
      : inputs_(geometry.inputs), outputs_(geometry.outputs) {}

  Shape src_shape() const override { return {inputs_}; }
  Shape dst_shape() const override { return {outputs_}; }
  Shape weights_shape() const override { return {outputs_, inputs_}; }

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

  void backward_data(const Tensor& diff_dst, const Tensor& weights, Tensor& diff_src,
                     Write write) override {
    check_linear_map(*this, "dense", diff_src, weights, diff_dst);
    const auto dy = diff_dst.span<T>(), w = weights.span<T>();
    auto dx = diff_src.span<T>();
    for (std::int64_t n = 0; n < diff_dst.shape()[0]; ++n)
      for (std::int64_t i = 0; i < inputs_; ++i) {
        T sum = write == Write::add ? dx[n * inputs_ + i] : T(0);
        for (std::int64_t o = 0; o < outputs_; ++o)
          sum += dy[n * outputs_ + o] * w[o * inputs_ + i];
        dx[n * inputs_ + i] = sum;
      }
  }

  void backward_weights(const Tensor& src, const Tensor& diff_dst, Tensor& diff_weights,
                        Tensor* diff_bias, Write write) override {
    check_linear_map(*this, "dense", src, diff_weights, diff_dst);
    const auto x = src.span<T>(), dy = diff_dst.span<T>();
    auto dw = diff_weights.span<T>();
    const std::int64_t batch = src.shape()[0];
    for (std::int64_t o = 0; o < outputs_; ++o) {
      for (std::int64_t i = 0; i < inputs_; ++i) {
        T sum = write == Write::add ? dw[o * inputs_ + i] : T(0);
        for (std::int64_t n = 0; n < batch; ++n) sum += dy[n * outputs_ + o] * x[n * inputs_ + i];
        dw[o * inputs_ + i] = sum;
      }
      if (!diff_bias) continue;
      T& db = diff_bias->span<T>()[o];
      if (write == Write::overwrite) db = 0;
      for (std::int64_t n = 0; n < batch; ++n) db += dy[n * outputs_ + o];
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
