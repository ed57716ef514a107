#include "credence/train/element_shares.h"

#include <algorithm>
#include <map>

#include "credence/base/errors.h"

namespace credence {
namespace {

/// Part `part` of `parts` of so many elements.
WeightRange cut(std::int64_t size, std::int64_t part, std::int64_t parts) {
  const std::int64_t unit = elementwise_pieces.unit, units = (size + unit - 1) / unit;
  return {.begin = std::min(size, units * part / parts * unit),
          .end = std::min(size, units * (part + 1) / parts * unit)};
}

/// Where shares begin to be dealt out, by parameter: that of rho is that of its mu.
std::vector<std::int64_t> first_ranks(const Model& model) {
  const std::vector<Parameter*>& parameters = model.parameters();
  std::map<const Parameter*, std::int64_t> number;
  for (const Parameter* parameter : parameters)
    number.emplace(parameter, static_cast<std::int64_t>(number.size()));
  for (const Belief& belief : model.beliefs())
    number[&belief.posterior->rho] = number.at(&belief.posterior->mu);
  std::vector<std::int64_t> first;
  for (const Parameter* parameter : parameters) first.push_back(number.at(parameter));
  return first;
}

}  // namespace

ElementShares::ElementShares(const Model& model, int ranks)
    : shares_(static_cast<std::size_t>(ranks)) {
  const std::vector<Parameter*>& parameters = model.parameters();
  const std::vector<std::int64_t> first = first_ranks(model);
  for (std::size_t rank = 0; rank < shares_.size(); ++rank)
    for (std::size_t p = 0; p < parameters.size(); ++p)
      shares_[rank].push_back(cut(parameters[p]->value.size(),
                                  (static_cast<std::int64_t>(rank) + first[p]) % ranks, ranks));

  const Tensor& gradients = model.gradients();
  std::map<std::size_t, int> owners;  // by the offset from which on elements are a rank's
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const std::size_t offset = offset_in(gradients, parameters[p]->gradient);
    for (int rank = 0; rank < ranks; ++rank) {
      const WeightRange& share = of_rank(rank)[p];
      if (share.count() > 0) owners[offset + static_cast<std::size_t>(share.begin)] = rank;
    }
  }
  for (auto owner = owners.begin(); owner != owners.end(); ++owner) {
    const auto next = std::next(owner);
    const std::size_t end =
        next == owners.end() ? static_cast<std::size_t>(gradients.size()) : next->first;
    pieces_.push_back({owner->first, end - owner->first, owner->second});
  }
}

std::size_t offset_in(const Tensor& whole, const Tensor& part) {
  const std::ptrdiff_t bytes = part.raw() - whole.raw();
  require<InternalError>(bytes >= 0 && static_cast<std::size_t>(bytes) <= whole.bytes(),
                         "element_shares: a gradient is not among the model's");
  return static_cast<std::size_t>(bytes) / bytes_of(whole.dtype());
}

}  // namespace credence
