#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace credence {

/// How far a run has come, as the lines of its metrics.jsonl tell.
struct RunCourse {
  using Figures = std::vector<std::pair<std::string, double>>;

  std::string model, dataset;
  std::int64_t ranks = 0, threads_per_rank = 0, seed = 0;
  std::int64_t parameters = 0, global_batch_size = 0;
  std::int64_t epochs = 0, steps_per_epoch = 0;  ///< of one network; 0: not known

  bool has_begun = false;   ///< there is a header
  bool has_ended = false;   ///< training has
  std::int64_t member = 0;  ///< of an ensemble, from 1; 0: there is one network
  std::int64_t epoch = 0;   ///< that is under way, or the last one
  std::int64_t epochs_done = 0;
  std::int64_t step = 0;  ///< of the network
  double samples_per_sec = 0;
  double train_seconds = 0;  ///< once it has ended
  Figures figures;           ///< of the last step or epoch: loss, nll, kl, accuracy
  Figures validation;        ///< of the last epoch that had some

  /// What a line of metrics.jsonl was.
  enum class Line { none, header, step, epoch, end };
  /// Takes a line in. One that is no JSON object, or of an unknown event, changes nothing.
  Line add(std::string_view line);

  bool knows_length() const { return epochs > 0 && steps_per_epoch > 0; }
  /// Of the training of one network; 0: not known.
  double steps() const {
    return static_cast<double>(epochs) * static_cast<double>(steps_per_epoch);
  }
  /// Of steps, or of epochs where steps are not told.
  const std::vector<double>& losses() const {
    return step_losses_.empty() ? epoch_losses_ : step_losses_;
  }
  std::int64_t step_in_epoch() const;
  /// Of training, until the network is trained; infinite if it is not known.
  double seconds_left() const;

 private:
  std::vector<double> step_losses_, epoch_losses_;
};

/// Of a run directory's metrics.jsonl; a course without a step if there is no such file. IoError.
RunCourse course_of(const std::filesystem::path& metrics);

/// One line of block characters, no wider than `width`: the mean of each part of the values, from
/// the least to the greatest. Values that are not finite are left out.
std::string sparkline(const std::vector<double>& values, int width);

}  // namespace credence
