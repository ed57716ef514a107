#include <dnnl.h>

#include "credence/base/errors.h"
#include "credence/kernels/channels.h"
#include "credence/kernels/linear_map.h"

namespace credence::cpu {
namespace {

/// C = op(A) op(B) + beta C, row-major.
void gemm(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta,
          float* c) {
  const dnnl_status_t status =
      dnnl_sgemm(transpose_a, transpose_b, m, n, k, 1.0F, a, lda, b, ldb, beta, c, n);
  require<InternalError>(status == dnnl_success, "dense: sgemm of ", m, "x", n, "x", k,
                         " failed with oneDNN status ", static_cast<int>(status));
}

class Dense : public LinearMap {
 public:
  explicit Dense(const DenseGeometry& geometry)
      : inputs_(geometry.inputs), outputs_(geometry.outputs) {}

  Shape src_shape() const override { return {inputs_}; }
  Shape dst_shape() const override { return {outputs_}; }
  Shape weights_shape() const override { return {outputs_, inputs_}; }

  void forward(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) override {
    check_linear_map(*this, "dense", src, weights, dst);
    const std::int64_t batch = src.shape()[0];
    if (batch == 0) return;
    if (bias) broadcast_channels(*bias, dst);
    gemm('N', 'T', batch, outputs_, inputs_, src.data<float>(), inputs_, weights.data<float>(),
         inputs_, bias ? 1.0F : 0.0F, dst.data<float>());
  }

  void backward_data(const Tensor& diff_dst, const Tensor& weights, Tensor& diff_src,
                     Write write) override {
    check_linear_map(*this, "dense", diff_src, weights, diff_dst);
    const std::int64_t batch = diff_dst.shape()[0];
    if (batch == 0) return;
    gemm('N', 'N', batch, inputs_, outputs_, diff_dst.data<float>(), outputs_,
         weights.data<float>(), inputs_, beta(write), diff_src.data<float>());
  }

  void backward_weights(const Tensor& src, const Tensor& diff_dst, Tensor& diff_weights,
                        Tensor* diff_bias, Write write) override {
    check_linear_map(*this, "dense", src, diff_weights, diff_dst);
    if (diff_bias) sum_channels(diff_dst, *diff_bias, write);
    const std::int64_t batch = src.shape()[0];
    if (batch == 0) {
      if (write == Write::overwrite) diff_weights.fill(0);
      return;
    }
    gemm('T', 'N', outputs_, inputs_, batch, diff_dst.data<float>(), outputs_, src.data<float>(),
         inputs_, beta(write), diff_weights.data<float>());
  }

 private:
  static float beta(Write write) { return write == Write::add ? 1.0F : 0.0F; }

  std::int64_t inputs_;
  std::int64_t outputs_;
};

}  // namespace

std::unique_ptr<LinearMap> make_linear_map(const DenseGeometry& geometry) {
  return std::make_unique<Dense>(geometry);
}

}  // namespace credence::cpu
