#include "credence/train/weight_update.h"

#include "credence/train/local_update.h"
#include "credence/train/sharded_update.h"
#include "credence/train/summed_update.h"

namespace credence {

std::unique_ptr<WeightUpdate> make_weight_update(const TrainerParts& parts,
                                                 const WeightUpdateOptions& options) {
  if (parts.communicator.size() > 1 && options.local_steps > 1)
    return std::make_unique<LocalUpdate>(parts, options);
  if (parts.communicator.size() > 1 && options.sharded_optimizer)
    return std::make_unique<ShardedUpdate>(parts, options);
  return std::make_unique<SummedUpdate>(parts, options);
}

}  // namespace credence
