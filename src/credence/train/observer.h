#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "credence/predict/predictor.h"

namespace credence {

/// One optimizer step, in figures over the global batch.
struct StepReport {
  std::int64_t epoch = 0;          ///< from 1
  std::int64_t epochs = 0;         ///< of the whole run
  std::int64_t step = 0;           ///< steps taken, this one included
  std::int64_t step_in_epoch = 0;  ///< from 1
  std::int64_t steps_per_epoch = 0;
  double loss = 0;  ///< nll + KL weight * kl / training examples
  double nll = 0;   ///< mean over the batch, nats
  double kl = 0;    ///< summed over weights, nats; 0 for a deterministic network
  double learning_rate = 0;
  double samples_per_sec = 0;  ///< since the epoch began, training time only
  std::int64_t member = 0;     ///< of an ensemble, or a chain, from 1; 0: there is one network
};

/// The end of an epoch. `values` are in the order of metrics.jsonl: loss, nll, kl, accuracy, val_*.
struct EpochReport {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  std::vector<NamedValue> values;
  double learning_rate = 0;
  double samples_per_sec = 0;
  double seconds = 0;       ///< training time of this epoch
  std::int64_t member = 0;  ///< as of StepReport
};

/// The whole run.
struct TrainReport {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  std::int64_t examples = 0;
  double train_seconds = 0;  ///< gather, forward, backward, reduction, optimizer; no evaluation

  /// The part of it that this process has seen: of a training that goes on, not what was before.
  struct Session {
    std::int64_t steps = 0;
    std::int64_t examples = 0;
    double seconds = 0;
    double bytes_sent = 0;  ///< by this rank, to sum gradients
  } session{};

  double samples_per_sec() const {
    return train_seconds > 0 ? static_cast<double>(examples) / train_seconds : 0;
  }
};

/// Watches a run: progress, records, checkpoints. Every rank computes the same figures, so an
/// observer may be added on all of them, to decide, or on one, to tell.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_step(const StepReport& /*report*/) {}
  virtual void on_epoch(const EpochReport& /*report*/) {}
  virtual void on_end(const TrainReport& /*report*/) {}
};

}  // namespace credence
