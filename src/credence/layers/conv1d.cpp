#include "credence/layers/conv1d.h"

#include "credence/base/errors.h"
#include "credence/layers/conv2d.h"

namespace credence {
namespace {

/// A convolution over images of height 1, under the shapes of lines. Examples have the same
/// elements in both; weights [O, I, k] are [O, I, 1, k] there.
class LineMap : public LinearMap {
 public:
  explicit LineMap(std::unique_ptr<LinearMap> map) : map_(std::move(map)) {}

  Shape src_shape() const override { return map_->src_shape().without_leading(); }
  Shape dst_shape() const override { return map_->dst_shape().without_leading(); }
  Shape weights_shape() const override {
    const Shape shape = map_->weights_shape();
    return {shape[0], shape[1], shape[3]};
  }

  void forward(const Tensor& src, const Tensor& weights, const Tensor* bias, Tensor& dst) override {
    check_linear_map(*this, "conv1d", src, weights, dst);
    map_->forward(src, of_image(weights), bias, dst);
  }
  void backward(const LinearBackward& pass, const Tensor& weights, Tensor& diff_weights) override {
    check_linear_map(*this, "conv1d", pass.src, diff_weights, pass.diff_dst);
    Tensor diff = of_image(diff_weights);
    map_->backward(pass, of_image(weights), diff);
  }

  void forward(const Tensor& src, ExampleWeights& weights, const Tensor* bias,
               Tensor& dst) override {
    map_->forward(src, weights, bias, dst);
  }
  void backward(const LinearBackward& pass, ExampleWeights& weights) override {
    map_->backward(pass, weights);
  }
  bool has_cheap_example_weights() const override { return map_->has_cheap_example_weights(); }
  bool fuse(const Epilogue& epilogue) override { return map_->fuse(epilogue); }
  std::optional<Conv2dGeometry> geometry() const override { return map_->geometry(); }
  Tensor before_epilogue(const LinearBackward& pass) override {
    return map_->before_epilogue(pass);
  }

 private:
  Tensor of_image(const Tensor& weights) const { return weights.reshaped(map_->weights_shape()); }

  std::unique_ptr<LinearMap> map_;
};

}  // namespace

LinearSpec conv1d(const Conv1dOptions& options) {
  check_filters("Conv1D", options.filters);
  const WindowOptions window{.kernel = {1, options.kernel},
                             .stride = {1, options.stride},
                             .dilation = {1, options.dilation},
                             .padding = options.padding,
                             .explicit_padding = {0, options.explicit_padding}};
  check("Conv1D", window, "kernel", 1);
  const LinearSpec image = conv2d({.filters = options.filters,
                                   .kernel = window.kernel,
                                   .stride = window.stride,
                                   .dilation = window.dilation,
                                   .padding = window.padding,
                                   .explicit_padding = window.explicit_padding});
  const auto make_map = [image](const LayerSetup& setup, const Shape& src) {
    require<ShapeError>(src.rank() == 2, "layer \"", setup.name,
                        "\": Conv1D needs a source [length, channels], got ", src);
    return std::make_unique<LineMap>(image.make_map(setup, src.prepend(1)));
  };
  return {.summary = {.type = "Conv1D",
                      .padding = padding_text(window.padding, window.explicit_padding, 1),
                      .stride = by_text(window.stride, 1)},
          .bias = options.bias,
          .initializer = options.initializer,
          .make_map = make_map};
}

}  // namespace credence
