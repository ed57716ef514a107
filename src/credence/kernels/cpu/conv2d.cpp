#include <map>
#include <string>

#include "credence/base/errors.h"
#include "credence/kernels/channels.h"
#include "credence/kernels/cpu/onednn.h"
#include "credence/kernels/linear_map.h"

namespace credence::cpu {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

memory::desc plain(const memory::dims& dims, Tag tag) {
  return {dims, memory::data_type::f32, tag};
}

memory::desc any_layout(const memory::dims& dims) {
  return plain(dims, Tag::any);
}

/// Memory of ours, seen by oneDNN. A source is only read, though oneDNN asks for a mutable pointer.
memory view(const memory::desc& desc, const Tensor& tensor) {
  return {desc, engine(), const_cast<float*>(tensor.data<float>())};
}

/// The primitives for one batch size, and weight memory in the layouts that they choose.
struct Primitives {
  dnnl::convolution_forward::primitive_desc forward_desc;
  dnnl::convolution_backward_data::primitive_desc backward_data_desc;
  dnnl::convolution_backward_weights::primitive_desc backward_weights_desc;
  dnnl::convolution_forward forward;
  dnnl::convolution_backward_data backward_data;
  dnnl::convolution_backward_weights backward_weights;
  memory forward_weights;
  memory backward_weights_in;
  memory diff_weights;
};

class Conv2d : public LinearMap {
 public:
  explicit Conv2d(const Conv2dGeometry& geometry)
      : g_(geometry),
        stream_(engine()),
        weights_dims_{g_.filters, g_.channels, g_.kernel[0], g_.kernel[1]},
        weights_desc_(plain(weights_dims_, Tag::oihw)),
        bias_desc_(plain({g_.filters}, Tag::x)),
        zero_bias_(Shape{g_.filters}),
        added_(weights_shape()) {}

  Shape src_shape() const override { return {g_.height, g_.width, g_.channels}; }
  Shape dst_shape() const override { return {g_.out_height(), g_.out_width(), g_.filters}; }
  Shape weights_shape() const override {
    return {g_.filters, g_.channels, g_.kernel[0], g_.kernel[1]};
  }

  void forward(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) override {
    check_linear_map(*this, "conv2d", src, weights, dst);
    if (src.shape()[0] == 0) return;
    Primitives& p = primitives(src.shape()[0]);
    reorder(view(weights_desc_, weights), p.forward_weights);
    p.forward.execute(stream_, {{DNNL_ARG_SRC, view(p.forward_desc.src_desc(), src)},
                                {DNNL_ARG_WEIGHTS, p.forward_weights},
                                {DNNL_ARG_BIAS, view(bias_desc_, bias ? *bias : zero_bias_)},
                                {DNNL_ARG_DST, view(p.forward_desc.dst_desc(), dst)}});
    stream_.wait();
  }

  void backward_data(const Tensor& diff_dst, const Tensor& weights, Tensor& diff_src,
                     Write write) override {
    check_linear_map(*this, "conv2d", diff_src, weights, diff_dst);
    const std::int64_t batch = diff_dst.shape()[0];
    if (batch == 0) return;
    Primitives& p = primitives(batch);
    make_backward_data(p, batch);
    reorder(view(weights_desc_, weights), p.backward_weights_in);
    Tensor& target = write == Write::add ? added_src(diff_src.shape()) : diff_src;
    p.backward_data.execute(
        stream_, {{DNNL_ARG_DIFF_DST, view(p.backward_data_desc.diff_dst_desc(), diff_dst)},
                  {DNNL_ARG_WEIGHTS, p.backward_weights_in},
                  {DNNL_ARG_DIFF_SRC, view(p.backward_data_desc.diff_src_desc(), target)}});
    stream_.wait();
    if (write == Write::add) add(target, diff_src);
  }

  void backward_weights(const Tensor& src, const Tensor& diff_dst, Tensor& diff_weights,
                        Tensor* diff_bias, Write write) override {
    check_linear_map(*this, "conv2d", src, diff_weights, diff_dst);
    if (diff_bias) sum_channels(diff_dst, *diff_bias, write);
    const std::int64_t batch = src.shape()[0];
    if (batch == 0) {
      if (write == Write::overwrite) diff_weights.fill(0);
      return;
    }
    Primitives& p = primitives(batch);
    make_backward_weights(p, batch);
    p.backward_weights.execute(
        stream_, {{DNNL_ARG_SRC, view(p.backward_weights_desc.src_desc(), src)},
                  {DNNL_ARG_DIFF_DST, view(p.backward_weights_desc.diff_dst_desc(), diff_dst)},
                  {DNNL_ARG_DIFF_WEIGHTS, p.diff_weights}});
    Tensor& target = write == Write::add ? added_ : diff_weights;
    reorder(p.diff_weights, view(weights_desc_, target));
    if (write == Write::add) add(added_, diff_weights);
  }

 private:
  struct Descriptors {
    memory::desc src, dst;
    memory::dims stride, dilation, pad_begin, pad_end;
  };

  Descriptors descriptors(std::int64_t batch) const {
    return {plain({batch, g_.channels, g_.height, g_.width}, Tag::nhwc),
            plain({batch, g_.filters, g_.out_height(), g_.out_width()}, Tag::nhwc),
            {g_.stride[0], g_.stride[1]},
            {g_.dilation[0] - 1, g_.dilation[1] - 1},
            {g_.pad_begin[0], g_.pad_begin[1]},
            {g_.pad_end[0], g_.pad_end[1]}};
  }

  Primitives& primitives(std::int64_t batch) {
    const auto found = primitives_.find(batch);
    if (found != primitives_.end()) return found->second;
    const Descriptors d = descriptors(batch);
    Primitives& p = primitives_[batch];
    p.forward_desc = make_primitive_desc<dnnl::convolution_forward>(
        engine(), dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_auto, d.src,
        any_layout(weights_dims_), bias_desc_, d.dst, d.stride, d.dilation, d.pad_begin, d.pad_end);
    p.forward = dnnl::convolution_forward(p.forward_desc);
    p.forward_weights = memory(p.forward_desc.weights_desc(), engine());
    return p;
  }

  void make_backward_data(Primitives& p, std::int64_t batch) {
    if (p.backward_data) return;
    const Descriptors d = descriptors(batch);
    p.backward_data_desc = make_backward_desc<dnnl::convolution_backward_data>(
        engine(), p.forward_desc, dnnl::algorithm::convolution_auto, d.src,
        any_layout(weights_dims_), d.dst, d.stride, d.dilation, d.pad_begin, d.pad_end);
    p.backward_data = dnnl::convolution_backward_data(p.backward_data_desc);
    p.backward_weights_in = memory(p.backward_data_desc.weights_desc(), engine());
  }

  void make_backward_weights(Primitives& p, std::int64_t batch) {
    if (p.backward_weights) return;
    const Descriptors d = descriptors(batch);
    p.backward_weights_desc = make_backward_desc<dnnl::convolution_backward_weights>(
        engine(), p.forward_desc, dnnl::algorithm::convolution_auto, d.src,
        any_layout(weights_dims_), d.dst, d.stride, d.dilation, d.pad_begin, d.pad_end);
    p.backward_weights = dnnl::convolution_backward_weights(p.backward_weights_desc);
    p.diff_weights = memory(p.backward_weights_desc.diff_weights_desc(), engine());
  }

  void reorder(memory from, memory to) {
    dnnl::reorder(from, to).execute(stream_, from, to);
    stream_.wait();
  }

  Tensor& added_src(const Shape& shape) {
    if (added_src_.empty() || added_src_.shape()[0] < shape[0]) added_src_ = Tensor(shape);
    added_src_view_ = added_src_.rows(0, shape[0]);
    return added_src_view_;
  }

  static void add(const Tensor& from, Tensor& to) {
    const auto x = from.span<float>();
    auto y = to.span<float>();
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += x[i];
  }

  Conv2dGeometry g_;
  dnnl::stream stream_;
  memory::dims weights_dims_;
  memory::desc weights_desc_;
  memory::desc bias_desc_;
  Tensor zero_bias_;
  Tensor added_;
  Tensor added_src_;
  Tensor added_src_view_;
  std::map<std::int64_t, Primitives> primitives_;
};

}  // namespace

std::unique_ptr<LinearMap> make_linear_map(const Conv2dGeometry& geometry) {
  return std::make_unique<Conv2d>(geometry);
}

}  // namespace credence::cpu
