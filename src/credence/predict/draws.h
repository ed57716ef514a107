#pragma once

#include <algorithm>
#include <vector>

#include "credence/comm/communicator.h"
#include "credence/losses/metric.h"

namespace credence {

/// What one draw of the weights predicts of some rows.
struct DrawnRows {
  Tensor mean;                            ///< class probabilities, or means [n, targets]
  Tensor variance{};                      ///< of a density, [n, targets]
  std::span<const double> log_density{};  ///< of a density, at each row's target
};

/// The rows of a chunk that are written, and where to.
struct FinishedRows {
  std::int64_t begin = 0, end = 0;
  std::int64_t to = 0;    ///< row of the predictions that `begin` is
  Tensor target{};        ///< of the chunk
  double interval = 0.9;  ///< probability between `lower` and `upper`
};

/// Draws of a chunk of rows, and what they come to. Several ranks may add some each: the result is
/// the same, bit for bit.
class Draws {
 public:
  Draws(std::int64_t samples, std::int64_t rows)
      : taken_(static_cast<std::size_t>(rows), samples), is_done_(static_cast<std::size_t>(rows)) {}
  virtual ~Draws() = default;

  /// Draw number `sample`, counted from 0, of the rows from `first` on.
  virtual void add(std::int64_t sample, std::int64_t first, const DrawnRows& drawn) = 0;
  /// Draws [begin, end), of which each rank has added some, are known to all of them.
  virtual void share(std::int64_t begin, std::int64_t end, Communicator& communicator) = 0;
  /// Writes the figures of those predictions that are not empty.
  virtual void finish(const FinishedRows& rows, Predictions& predictions) const = 0;

  /// Of `count` draws: a row is done, and takes no more, if its means are known to `tolerance`.
  void stop_within(double tolerance, std::int64_t count);
  bool are_done(std::int64_t first, std::int64_t rows) const;
  /// Draws that the row's figures are of.
  std::int64_t taken(std::int64_t row) const { return taken_[static_cast<std::size_t>(row)]; }

 protected:
  /// The largest Monte Carlo standard error of the row's means over its first `count` draws: of
  /// probabilities, or in units of the predictive sigma.
  virtual double standard_error(std::int64_t row, std::int64_t count) const = 0;
  bool is_done(std::int64_t row) const { return is_done_[static_cast<std::size_t>(row)] != 0; }

 private:
  std::vector<std::int64_t> taken_;
  std::vector<std::uint8_t> is_done_;
};

}  // namespace credence
