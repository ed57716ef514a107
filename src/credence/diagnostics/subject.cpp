#include "credence/diagnostics/subject.h"

#include <algorithm>

#include "credence/base/errors.h"
#include "credence/random/noise.h"

namespace credence {
namespace {

void copy_converted(const Tensor& from, Tensor& to) {
  with_real_type(from.dtype(), [&](auto source) {
    with_real_type(to.dtype(), [&](auto target) {
      const auto values = from.span<decltype(source)>();
      std::ranges::transform(values, to.span<decltype(target)>().begin(),
                             [](auto x) { return static_cast<decltype(target)>(x); });
    });
  });
}

}  // namespace

Examples Subject::examples(std::int64_t count) const {
  count = std::min(count, data.size());
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  const NoiseKey key = noise_key(seed, Stream::noise, "check.examples");
  Permutation(static_cast<std::uint64_t>(data.size()), key, 0).map(0, indices);
  Examples drawn{Tensor(data.src_shape().prepend(count)),
                 Tensor(data.target_shape().prepend(count))};
  data.read(indices, 0, drawn.src, drawn.target);
  return drawn;
}

Tensor converted(const Tensor& tensor, DType dtype) {
  Tensor copy(tensor.shape(), dtype);
  copy_converted(tensor, copy);
  return copy;
}

void copy_values(const Model& from, std::span<Parameter* const> to) {
  for (Parameter* parameter : to) {
    const auto& known = from.parameters();
    const auto found = std::ranges::find(known, parameter->name, &Parameter::name);
    require<InternalError>(found != known.end(), "model \"", from.name(), "\" has no parameter ",
                           parameter->name);
    copy_converted((*found)->value, parameter->value);
  }
}

void copy_values(const Model& from, Model& to) {
  copy_values(from, to.parameters());
  const std::vector<Belief> known = from.beliefs(), copies = to.beliefs();
  for (std::size_t i = 0; i < known.size(); ++i)
    if (!known[i].posterior->centre.empty())
      copies[i].posterior->centre = converted(known[i].posterior->centre, to.dtype());
}

}  // namespace credence
