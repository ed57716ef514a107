#include "credence/train/sharded_update.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "credence/base/errors.h"

namespace credence {

ShardedUpdate::ShardedUpdate(const TrainerParts& parts, const WeightUpdateOptions& options)
    : model_(parts.model),
      optimizer_(parts.optimizer),
      communicator_(parts.communicator),
      shares_(parts.model, parts.communicator.size()),
      sum_(std::make_shared<ShardedSum>(parts.communicator, parts.model.gradients().span<float>(),
                                        shares_.pieces())),
      buckets_(parts.communicator, parts.model.gradients().span<float>(), options.buckets, sum_) {
  const std::vector<Parameter*>& parameters = model_.parameters();
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    Parameter& own = own_.emplace_back();
    own.name = parameters[p]->name;
    own.value = window_of(parameters[p]->value, own_shares()[p]);
    own.gradient = window_of(parameters[p]->gradient, own_shares()[p]);
  }
  for (Parameter& own : own_) pointers_.push_back(&own);
  optimizer_.setup(pointers_);
  by_offset_.resize(parameters.size());
  std::iota(by_offset_.begin(), by_offset_.end(), std::size_t{0});
  std::ranges::sort(by_offset_, {}, [&](std::size_t p) { return offset_of(p); });
}

std::size_t ShardedUpdate::offset_of(std::size_t parameter) const {
  return offset_in(model_.gradients(), model_.parameters()[parameter]->gradient);
}

void ShardedUpdate::begin_pass(const StepContext& context) {
  optimizer_.begin_pass(pointers_, context);
}

double ShardedUpdate::move(double kl_scale, double learning_rate, const StepContext& context) {
  optimizer_.begin_step(pointers_, learning_rate, context);
  const std::vector<WeightRange>& shares = own_shares();
  double kl = model_.add_kl_gradient(
      kl_scale, context,
      [&](std::size_t parameter, std::int64_t begin, std::int64_t end) {
        const std::int64_t first = shares[parameter].begin;
        optimizer_.update(parameter, begin - first, end - first);
      },
      shares);
  Request sum = communicator_.start_sum(std::span(&kl, 1));
  gather_weights();
  sum.wait();
  return kl;
}

/// By way of the gradients' memory, which lies as it travels.
void ShardedUpdate::gather_weights() {
  for (Parameter& own : own_) own.gradient.copy_from(own.value);
  const float* const arrived = model_.gradients().data<float>();
  sum_->gather([&](std::size_t offset, std::size_t count) {
    const auto take = [&](std::size_t p) {
      const std::size_t first = offset_of(p);
      Tensor& value = model_.parameters()[p]->value;
      const std::size_t begin = std::max(first, offset);
      const std::size_t end =
          std::min(first + static_cast<std::size_t>(value.size()), offset + count);
      if (begin < end)
        std::memcpy(value.data<float>() + (begin - first), arrived + begin,
                    (end - begin) * sizeof(float));
    };
    auto p = std::ranges::upper_bound(by_offset_, offset, {},
                                      [this](std::size_t number) { return offset_of(number); });
    if (p != by_offset_.begin()) --p;
    for (; p != by_offset_.end() && offset_of(*p) < offset + count; ++p) take(*p);
  });
}

std::size_t ShardedUpdate::parameter_of(std::size_t tensor, std::size_t tensors) const {
  return tensor / (tensors / own_.size());
}

std::vector<NamedTensor> ShardedUpdate::whole_state() {
  const std::vector<NamedTensor> own = optimizer_.state();
  require<InternalError>(own.size() % own_.size() == 0, "sharded_update: ", optimizer_.name(),
                         " keeps ", own.size(), " tensors for ", own_.size(), " parameters");
  std::vector<NamedTensor> whole;
  for (std::size_t t = 0; t < own.size(); ++t) {
    const Parameter& parameter = *model_.parameters()[parameter_of(t, own.size())];
    require<InternalError>(own[t].name.starts_with(parameter.name + "."),
                           "sharded_update: ", own[t].name, " is not of ", parameter.name);
    whole.push_back({own[t].name, Tensor(parameter.value.shape(), own[t].tensor.dtype())});
  }
  return whole;
}

std::vector<NamedTensor> ShardedUpdate::state() {
  std::vector<NamedTensor> own = optimizer_.state();
  const bool is_root = communicator_.rank() == 0;
  std::vector<NamedTensor> whole = is_root ? whole_state() : std::vector<NamedTensor>();
  for (std::size_t t = 0; t < own.size(); ++t) {
    const std::size_t p = parameter_of(t, own.size());
    if (is_root) window_of(whole[t].tensor, own_shares()[p]).copy_from(own[t].tensor);
    for (int rank = 1; rank < communicator_.size(); ++rank) {
      const WeightRange& share = shares_.of_rank(rank)[p];
      if (share.count() == 0) continue;
      if (is_root)
        communicator_.receive(window_of(whole[t].tensor, share).span<float>(), rank, 0);
      else if (rank == communicator_.rank())
        communicator_.send(own[t].tensor.span<float>(), 0, 0);
    }
  }
  return whole;
}

void ShardedUpdate::restore(const std::function<void(std::span<NamedTensor>)>& load) {
  std::vector<NamedTensor> whole = whole_state(), own = optimizer_.state();
  load(whole);
  for (std::size_t t = 0; t < own.size(); ++t)
    own[t].tensor.copy_from(window_of(whole[t].tensor, own_shares()[parameter_of(t, own.size())]));
}

}  // namespace credence
