#include <benchmark/benchmark.h>

#include "credence/comm/bfloat16.h"
#include "credence/comm/int8.h"
#include "credence/comm/largest_elements.h"
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

/// Argument 0: forward, 1: gradient of the weights, 2: gradients of weights and source. `flop`: of
/// one example's forward pass.
void run_map(benchmark::State& state, LinearMap& map, std::int64_t batch, double flop) {
  Tensor src(map.src_shape().prepend(batch)), dst(map.dst_shape().prepend(batch));
  Tensor weights(map.weights_shape()), diff_weights(map.weights_shape());
  flop *= static_cast<double>(batch);
  map.forward(src, weights, nullptr, dst);
  switch (state.range(0)) {
    case 0:
      measure(state, flop, [&] { map.forward(src, weights, nullptr, dst); });
      break;
    case 1:
      measure(state, flop, [&] {
        map.backward({.src = src, .dst = dst, .diff_dst = dst}, weights, diff_weights);
      });
      break;
    default:
      measure(state, 2 * flop, [&] {
        map.backward({.src = src, .dst = dst, .diff_dst = dst, .diff_src = &src}, weights,
                     diff_weights);
      });
  }
}

void convolution(benchmark::State& state, const Conv2dGeometry& geometry, std::int64_t batch,
                 const Epilogue& epilogue = {}) {
  const auto map = make_linear_map(geometry, DType::float32);
  map->fuse(epilogue);
  const std::int64_t pixels = geometry.out_height() * geometry.out_width();
  run_map(state, *map, batch, 2.0 * static_cast<double>(map->weights_shape().size() * pixels));
}

constexpr Conv2dGeometry first{.height = 28,
                               .width = 28,
                               .channels = 1,
                               .filters = 64,
                               .kernel = {5, 5},
                               .pad_begin = {2, 2},
                               .pad_end = {2, 2}};
constexpr PoolGeometry first_pool{.height = 28, .width = 28, .channels = 64};
constexpr Conv2dGeometry middle{.height = 16,
                                .width = 16,
                                .channels = 64,
                                .filters = 64,
                                .kernel = {3, 3},
                                .pad_begin = {1, 1},
                                .pad_end = {1, 1}};
/// Over time, as for gravitational waves: an image of one line.
constexpr Conv2dGeometry over_time{.height = 1,
                                   .width = 2048,
                                   .channels = 64,
                                   .filters = 64,
                                   .kernel = {1, 16},
                                   .dilation = {1, 2},
                                   .pad_begin = {0, 15},
                                   .pad_end = {0, 15}};

void first_convolution(benchmark::State& state) {
  convolution(state, first, 128);
}
BENCHMARK(first_convolution)->DenseRange(0, 2)->UseRealTime();

void first_convolution_pooled(benchmark::State& state) {
  convolution(state, first, 128, {.relu = true, .max_pool = first_pool});
}
BENCHMARK(first_convolution_pooled)->DenseRange(0, 2)->UseRealTime();

void middle_convolution(benchmark::State& state) {
  convolution(state, middle, 64);
}
BENCHMARK(middle_convolution)->DenseRange(0, 2)->UseRealTime();

void long_convolution(benchmark::State& state) {
  convolution(state, over_time, 16);
}
BENCHMARK(long_convolution)->DenseRange(0, 2)->UseRealTime();

void dense(benchmark::State& state) {
  const auto map = make_linear_map(DenseGeometry{.inputs = 784, .outputs = 64}, DType::float32);
  run_map(state, *map, 128, 2.0 * 784 * 64);
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

/// A bucket of gradients of 1 MiB. Rates are of its float32 bytes.
std::vector<float> bucket() {
  Tensor normals({1 << 18});
  fill_normal(normals, noise_key(1, Stream::noise, "bench"), {});
  return {normals.span<float>().begin(), normals.span<float>().end()};
}

template <class Run>
void measure_bucket(benchmark::State& state, Run run) {
  const std::vector<float> gradients = bucket();
  for (auto _ : state) run(gradients);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(gradients.size() * 4));
}

template <class Code>
void encode(benchmark::State& state) {
  const Code code;
  std::vector<std::uint8_t> bytes(code.bytes(1 << 18));
  measure_bucket(state, [&](const std::vector<float>& from) { code.encode(from, bytes.data()); });
}
BENCHMARK(encode<Bfloat16Code>);
BENCHMARK(encode<Int8Code>);

template <class Code>
void decode(benchmark::State& state) {
  const Code code;
  std::vector<std::uint8_t> bytes(code.bytes(1 << 18));
  std::vector<float> values(1 << 18);
  code.encode(bucket(), bytes.data());
  measure_bucket(state, [&](const std::vector<float>&) { code.decode(bytes.data(), values); });
}
BENCHMARK(decode<Bfloat16Code>);
BENCHMARK(decode<Int8Code>);

void find_largest(benchmark::State& state) {
  measure_bucket(state, [](const std::vector<float>& from) {
    benchmark::DoNotOptimize(largest_elements(from, from.size() / 100));
  });
}
BENCHMARK(find_largest);

}  // namespace
}  // namespace credence
