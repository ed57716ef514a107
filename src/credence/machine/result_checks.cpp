#include "credence/machine/result_checks.h"

#include <algorithm>
#include <cmath>

#include "credence/kernels/linear_map.h"
#include "credence/kernels/noise.h"

namespace credence {
namespace {

Tensor normals(const Shape& shape, DType dtype) {
  Tensor tensor(shape, dtype);
  fill_normal(tensor, noise_key(1, Stream::noise, "result checks"), {});
  return tensor;
}

template <class Geometry>
Tensor run_map(const Geometry& geometry, DType dtype) {
  constexpr std::int64_t batch = 16;
  const auto map = make_linear_map(geometry, dtype);
  Tensor dst(map->dst_shape().prepend(batch), dtype);
  map->forward(normals(map->src_shape().prepend(batch), dtype),
               normals(map->weights_shape(), dtype), nullptr, dst);
  return dst;
}

/// The device's kernels against the reference kernels, on the same numbers.
template <class Geometry>
void check_map(const char* name, const Geometry& geometry, std::vector<Finding>& findings) {
  std::string wrong;
  try {
    const Tensor expected = run_map(geometry, DType::float64);
    const Tensor found = run_map(geometry, DType::float32);
    double error = 0, scale = 0;
    for (std::size_t i = 0; i < expected.span<double>().size(); ++i) {
      const double value = expected.span<double>()[i];
      const double difference = std::abs(value - found.span<float>()[i]);
      error = difference <= error ? error : difference;  // NaN too
      scale = std::max(scale, std::abs(value));
    }
    if (!(error < 1e-4 * scale)) wrong = concat("wrong by ", error, " at values up to ", scale);
  } catch (const std::exception& failure) {
    wrong = failure.what();
  }
  if (!wrong.empty())
    findings.push_back(
        {concat(name, " does not work"), wrong,
         "See that the libraries are those that Credence was built with, and run the "
         "tests: scripts/test.sh.",
         true});
}

}  // namespace

std::vector<Finding> check_results(Communicator& communicator) {
  std::vector<Finding> findings;
  check_map("A dense layer", DenseGeometry{.inputs = 100, .outputs = 48}, findings);
  check_map(
      "A convolution",
      Conv2dGeometry{.height = 8, .width = 8, .channels = 16, .filters = 32, .kernel = {3, 3}},
      findings);

  std::vector<float> sums(1 << 16, 1.0F);
  communicator.sum(std::span(sums));
  const auto expected = static_cast<float>(communicator.size());
  if (!std::ranges::all_of(sums, [&](float sum) { return sum == expected; }))
    findings.push_back(
        {"Sums over ranks are wrong",
         concat("Expected ", expected, " in all elements, got ", sums.front(), " and others."),
         "See that all ranks run the same program over the same MPI.", true});
  return findings;
}

}  // namespace credence
