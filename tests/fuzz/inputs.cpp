#include "credence/data/inputs.h"

#include <cmath>
#include <numeric>

#include "fuzz/fuzz.h"

#include "credence/base/log.h"

using namespace credence;

namespace {

std::shared_ptr<InMemoryDataset> examples(const Shape& src, std::int64_t targets) {
  return std::make_shared<InMemoryDataset>("like", Tensor(src.prepend(2)), Tensor({2, targets}),
                                           TargetInfo{});
}

/// What a network may have been trained on: images, and a table of three columns with names and
/// units.
std::vector<std::shared_ptr<InMemoryDataset>> trained_on() {
  const auto table = examples({3}, 1);
  table->set_src_labels({"a", "b", "c"});
  table->set_src_units({{.scale = 2}, {.shift = -1}, {.scale = 1e-3, .shift = 10}});
  return {examples({4, 3, 1}, 10), table};
}

void require_finite(const Dataset& inputs) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(inputs.size()));
  std::iota(all.begin(), all.end(), 0);
  Tensor src(inputs.src_shape().prepend(inputs.size()));
  Tensor target(inputs.target_shape().prepend(inputs.size()));
  inputs.read(all, 0, src, target);
  for (const float value : src.span<float>())
    if (!std::isfinite(value)) fuzz::fail("an input that is not finite");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  set_log_rank(1, 2);  // which has no warnings to give
  const fuzz::InputFile file({data, size});
  for (const auto& like : trained_on())
    file.is_accepted_by<DataError>([&] { require_finite(*read_inputs(file.path(), *like)); });
  return 0;
}
