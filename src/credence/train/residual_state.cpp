#include "credence/train/residual_state.h"

#include <algorithm>

#include "credence/base/log.h"

namespace credence {
namespace {

constexpr const char* name = "compression.residual";
constexpr int tag = 0;

Shape row_shape(std::span<const float> residual) {
  return {static_cast<std::int64_t>(residual.size())};
}

}  // namespace

std::vector<NamedTensor> ResidualState::state() const {
  const std::span<float> own = buckets_.residual();
  if (own.empty()) return {};
  const std::size_t bytes = own.size_bytes() * static_cast<std::size_t>(communicator_.size());
  const Tensor rows = bytes > most_bytes_ ? sum_of_ranks(own) : rows_of_ranks(own);
  if (communicator_.rank() != 0) return {};
  return {{name, rows}};
}

Tensor ResidualState::rows_of_ranks(std::span<float> own) const {
  if (communicator_.rank() != 0) {
    communicator_.send(own, 0, tag);
    return {};
  }
  Tensor rows(row_shape(own).prepend(communicator_.size()));
  std::ranges::copy(own, rows.rows(0, 1).span<float>().begin());
  for (int rank = 1; rank < communicator_.size(); ++rank)
    communicator_.receive(rows.rows(rank, 1).span<float>(), rank, tag);
  return rows;
}

Tensor ResidualState::sum_of_ranks(std::span<const float> own) const {
  Tensor row(row_shape(own).prepend(1));
  std::ranges::copy(own, row.span<float>().begin());
  communicator_.sum(row.span<float>());
  return row;
}

void ResidualState::restore(std::int64_t /*step*/, const SavedState& state) {
  if (!state.has(name)) return;
  const std::span<float> own = buckets_.residual();
  if (own.empty())
    return log_warning(
        "what compression kept of earlier gradients is dropped: this training keeps nothing");
  const Tensor rows = state.take_rows(name, row_shape(own), DType::float32);
  std::ranges::fill(own, 0.0F);
  for (std::int64_t r = communicator_.rank(); r < rows.shape()[0]; r += communicator_.size()) {
    const std::span<const float> row = rows.rows(r, 1).span<float>();
    std::ranges::transform(own, row, own.begin(), std::plus());
  }
}

}  // namespace credence
