#include <benchmark/benchmark.h>

#include "credence/kernels/linear_map.h"
#include "credence/kernels/noise.h"
#include "credence/kernels/pooling.h"

namespace credence {
namespace {

/// Runs a kernel and tells its rate of multiply-adds, in FLOP/s.
template <class Run>
void measure(benchmark::State& state, double flop, Run run) {
  for (auto _ : state) run();
  state.counters["FLOP/s"] = benchmark::Counter(flop * static_cast<double>(state.iterations()),
                                                benchmark::Counter::kIsRate);
}

struct Tensors {
  explicit Tensors(const LinearMap& map, std::int64_t batch)
      : src(map.src_shape().prepend(batch)),
        dst(map.dst_shape().prepend(batch)),
        weights(map.weights_shape()),
        diff_weights(map.weights_shape()),
        flop(2.0 * static_cast<double>(weights.size() * dst.size() / map.weights_shape()[0])) {}
  Tensor src, dst, weights, diff_weights;
  double flop;
};

void run_map(benchmark::State& state, LinearMap& map, std::int64_t batch) {
  Tensors t(map, batch);
  switch (state.range(0)) {
    case 0:
      measure(state, t.flop, [&] { map.forward(t.src, t.weights, nullptr, t.dst); });
      break;
    case 1:
      measure(state, t.flop, [&] {
        map.backward({.src = t.src, .dst = t.dst, .diff_dst = t.dst}, t.weights, t.diff_weights);
      });
      break;
    default:
      measure(state, 2 * t.flop, [&] {
        map.backward({.src = t.src, .dst = t.dst, .diff_dst = t.dst, .diff_src = &t.src}, t.weights,
                     t.diff_weights);
      });
  }
}

/// Argument 0: forward, 1: gradient of the weights, 2: gradients of weights and source.
void first_convolution(benchmark::State& state) {
  const auto map = make_linear_map(Conv2dGeometry{.height = 28,
                                                  .width = 28,
                                                  .channels = 1,
                                                  .filters = 64,
                                                  .kernel = {5, 5},
                                                  .pad_begin = {2, 2},
                                                  .pad_end = {2, 2}},
                                   DType::float32);
  run_map(state, *map, 128);
}
BENCHMARK(first_convolution)->DenseRange(0, 2)->UseRealTime();

void middle_convolution(benchmark::State& state) {
  const auto map = make_linear_map(Conv2dGeometry{.height = 16,
                                                  .width = 16,
                                                  .channels = 64,
                                                  .filters = 64,
                                                  .kernel = {3, 3},
                                                  .pad_begin = {1, 1},
                                                  .pad_end = {1, 1}},
                                   DType::float32);
  run_map(state, *map, 64);
}
BENCHMARK(middle_convolution)->DenseRange(0, 2)->UseRealTime();

/// A convolution over time, as for gravitational waves: an image of one line.
void long_convolution(benchmark::State& state) {
  const auto map = make_linear_map(Conv2dGeometry{.height = 1,
                                                  .width = 2048,
                                                  .channels = 64,
                                                  .filters = 64,
                                                  .kernel = {1, 16},
                                                  .dilation = {1, 2},
                                                  .pad_begin = {0, 15},
                                                  .pad_end = {0, 15}},
                                   DType::float32);
  run_map(state, *map, 16);
}
BENCHMARK(long_convolution)->DenseRange(0, 2)->UseRealTime();

void dense(benchmark::State& state) {
  const auto map = make_linear_map(DenseGeometry{.inputs = 784, .outputs = 64}, DType::float32);
  run_map(state, *map, 128);
}
BENCHMARK(dense)->DenseRange(0, 2)->UseRealTime();

void normals(benchmark::State& state) {
  Tensor dst({1 << 20});
  for (auto _ : state) fill_normal(dst, noise_key(1, Stream::noise, "bench"), {});
  state.SetItemsProcessed(state.iterations() * dst.size());
}
BENCHMARK(normals)->UseRealTime();

void max_pool(benchmark::State& state) {
  const PoolGeometry geometry{.height = 28, .width = 28, .channels = 64};
  Tensor src({128, 28, 28, 64}), dst({128, 14, 14, 64}), argmax({128, 14, 14, 64}, DType::uint8);
  for (auto _ : state) max_pool_forward(geometry, src, dst, argmax);
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(src.bytes() + dst.bytes()));
}
BENCHMARK(max_pool)->UseRealTime();

}  // namespace
}  // namespace credence
