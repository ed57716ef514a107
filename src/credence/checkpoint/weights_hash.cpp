#include "credence/checkpoint/weights_hash.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "credence/base/errors.h"
#include "credence/base/sha256.h"

namespace credence {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are hashed as they lie");

void add_number(Sha256& digest, std::uint64_t number) {
  digest.update(std::as_bytes(std::span(&number, 1)));
}

}  // namespace

std::string weights_sha256(std::span<Parameter* const> parameters) {
  std::vector<NamedTensor> weights;
  for (const Parameter* parameter : parameters)
    weights.push_back({parameter->name, parameter->value});
  return weights_sha256(weights);
}

std::string weights_sha256(std::span<const NamedTensor> weights) {
  std::vector<NamedTensor> sorted(weights.begin(), weights.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const NamedTensor& a, const NamedTensor& b) { return a.name < b.name; });
  Sha256 digest;
  const std::string* previous = nullptr;
  for (const auto& [name, tensor] : sorted) {
    require<InternalError>(previous == nullptr || *previous != name,
                           "weights hash: two parameters named \"", name, "\"");
    previous = &name;
    add_number(digest, name.size());
    digest.update(name);
    add_number(digest, static_cast<std::uint64_t>(tensor.shape().rank()));
    for (const std::int64_t extent : tensor.shape())
      add_number(digest, static_cast<std::uint64_t>(extent));
    digest.update(std::span(tensor.raw(), tensor.bytes()));
  }
  return digest.hex();
}

}  // namespace credence
