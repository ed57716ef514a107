#pragma once

#include <optional>
#include <string>
#include <utility>

#include "credence/losses/metric.h"

namespace credence {

/// What is wished of an epoch's figure, which may be one of validation. ConfigError as from better.
Better better_of_epoch(std::string figure);

/// The best that a figure of epochs has been so far, as all ranks of a training agree on it. What
/// improves it counts at once, on every rank, while one of them writes the checkpoint; if that
/// fails, the writing rank tells the others, and all go back to the best before.
class BestFigure {
 public:
  /// By its name in metrics.jsonl, "val_nll"; it may be empty if nothing is ever asked of it.
  explicit BestFigure(std::string name) : name_(std::move(name)) {}

  /// Whether a figure, which there may be none of, is better. Not if it is no number.
  bool is_improved_by(std::optional<double> figure) const;
  void set(std::optional<double> figure) { best_ = figure; }
  /// What improves it is about to be written.
  void begin(double figure);
  /// On the writing rank: it could not be.
  void fail() { has_failed_ = true; }
  /// Whether it has failed since this was last asked: to be told to the other ranks.
  bool take_failure();
  /// On all ranks: it has failed.
  void take_back() { best_ = before_; }

  /// What is on disk, as far as this rank knows.
  std::optional<double> saved() const { return has_failed_ ? before_ : best_; }

 private:
  std::string name_;
  std::optional<double> best_, before_;
  bool has_failed_ = false;
};

}  // namespace credence
