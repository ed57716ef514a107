#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "credence/checkpoint/best_figure.h"
#include "credence/checkpoint/checkpoint_writer.h"

namespace credence {

/// When a training's state is saved, and what is kept of it.
struct CheckpointOptions {
  std::int64_t every_steps = 0;   ///< 0: not by steps
  std::int64_t every_epochs = 0;  ///< 0: not by epochs
  double every_minutes = 10;      ///< 0: not by time
  std::int64_t keep = 2;          ///< the last so many
  std::string best;  ///< beside them the best one by this figure of an epoch; empty: none

  template <class Visitor>
  void visit(Visitor& v) {
    v("every_steps", every_steps);
    v("every_epochs", every_epochs);
    v("every_minutes", every_minutes);
    v("keep", keep);
    v("best", best);
  }
};

/// ConfigError if an option is out of range.
void check(const CheckpointOptions& options);
/// ConfigError unless `best` is one of an epoch's figures, and one of which more or less is better.
void check_best(const CheckpointOptions& options, std::vector<std::string> figures);

/// What ranks ask for: adding up those of all gives that of the job.
struct CheckpointRequest {
  double save = 0;         ///< above 0: a checkpoint after this step
  double announce = 0;     ///< above 0: tell the user once it is saved
  double end = 0;          ///< above 0: a checkpoint, and then the end
  double best_failed = 0;  ///< above 0: the best so far could not be written
};

/// How far a training has come.
struct TrainingPosition {
  std::int64_t step = 0;
  std::int64_t epoch = 0;   ///< epochs completed
  std::int64_t epochs = 0;  ///< of the whole training
  bool ends_epoch = false, ends_training = false;
  std::optional<double> best{};  ///< the figure that options name, if an epoch has given it
};

/// The metadata of what a training in this directory, or one of its members, would go on from: of
/// all, where `key` is a number, the largest. None if there is nothing to go on from.
std::optional<std::int64_t> largest_saved(const std::filesystem::path& directory,
                                          const std::string& key);

/// The checkpoints of one training, in one directory: when they are due, saving them in the
/// background, and which to go on from. Every rank has one, and they agree; one writes.
class CheckpointSeries {
 public:
  struct Parts {
    std::filesystem::path directory{};
    CheckpointOptions options{};
    bool writes = false;        ///< of one rank alone
    bool resumes = false;       ///< goes on from what the directory has
    bool saves_end = false;     ///< after the last step too
    bool warning_ends = false;  ///< SIGUSR1 asks for the end, once all is saved
    std::uint64_t seed = 0;
    std::string config_hash{};
    std::vector<NamedTensor> auxiliary{};  ///< saved with each: the units of data
    std::function<Metadata()> facts{};     ///< likewise: what the records have come to
    /// Told, by the thread that trains, of each checkpoint that a signal asked for and is saved.
    std::function<void(const std::string& text)> tell{};
  };
  explicit CheckpointSeries(Parts parts);
  ~CheckpointSeries();

  /// What this rank asks for before a step: its clock, and what became of what it wrote, if it
  /// writes; and its signals.
  CheckpointRequest request(bool ends_epoch = false);
  /// Takes what the ranks together ask for after that step.
  void agree(const CheckpointRequest& request);
  /// Whether one is due at this position, or the ranks together ask for it.
  bool is_due(const TrainingPosition& position) const;
  /// Copies the state, which the writing rank then writes while training goes on. A checkpoint that
  /// fails is a warning: the one before stays, and the next is tried.
  void save(const TrainingPosition& position, std::span<const NamedTensor> model,
            std::span<const NamedTensor> optimizer, std::span<const NamedTensor> progress);
  /// Until all is written. IoError or CreateError if it cannot be.
  void finish();
  /// The same, but a failure is a warning.
  void settle();

  /// What the last checkpoint of a training, with its weights, says beside them, so that a run
  /// which is ended behind it need not train again.
  struct End {
    std::vector<NamedTensor> progress{};
    Metadata metadata{};
  };
  void end(std::vector<NamedTensor> progress);
  const End& end() const { return end_; }

  /// The checkpoint to go on from: the newest that is whole and of a training under way. Empty if
  /// this training begins anew. A damaged one is a warning, and DataError if there is no other.
  std::filesystem::path find() const;
  /// The figure of the best checkpoint that is on disk; empty if there is none.
  std::string find_best() const;
  void set_best(const std::string& figure);
  /// Goes on from it: copies it into the tensors.
  SavedTraining load(const std::filesystem::path& file, std::span<NamedTensor> model,
                     std::span<NamedTensor> optimizer);

  /// A series of its own for one of several networks of a training, in a folder below.
  std::unique_ptr<CheckpointSeries> of_member(std::int64_t member, bool writes) const;

  const CheckpointOptions& options() const { return parts_.options; }

 private:
  using Clock = std::chrono::steady_clock;

  void start_writer();

  /// A checkpoint that is being written, in the background.
  struct Begun {
    std::int64_t step = 0;
    bool is_best = false, is_announced = false;
  };

  Parts parts_;
  Clock::time_point last_ = Clock::now();
  CheckpointRequest agreed_;  // of all ranks
  BestFigure best_;
  std::optional<Begun> begun_;  // of which it is not known yet what became of it
  bool is_saved_ = false;       // the begun one is on disk, and ...
  bool is_marked_ = false;      // ... `best` names it: both set by the writer's thread
  std::map<std::filesystem::path, bool> is_whole_;  // of that thread: each is read once
  End end_;
  std::unique_ptr<CheckpointWriter> writer_;  // of the rank that writes, from the first save on;
                                              // last: its thread uses the others
};

}  // namespace credence
