#pragma once

#include "credence/base/timeline.h"
#include "credence/cli/resume.h"
#include "credence/cli/train_records.h"
#include "credence/data/validation_split.h"
#include "credence/predict/fit_calibration.h"

namespace credence::cli {

struct TrainArguments {
  std::string recipe;
  std::vector<std::string> overrides;
  std::string output;
  std::string resume;
  int threads = 0;
  bool profile = false;
  std::string trace;

  bool is_traced() const { return !trace.empty(); }
};

void add_train_options(CLI::App& command, TrainArguments& arguments);

/// What a network is trained and tested on.
struct TrainInputs {
  DataSplits data;
  std::optional<TrainedWeights> weights;  ///< that model.weights names, if it does
  ValidationSplit split;
};

/// One run of `credence train`: it trains a network, tests it, and leaves the run directory.
class TrainJob {
 public:
  /// Makes and checks all that training needs, and the run directory. Errors of the recipe, of the
  /// data and of the files. Collective.
  TrainJob(const TrainArguments& arguments, const TrainTarget& target, Context& context);

  /// Errors  NumericalError as Trainer; Interrupted when a signal has asked for the end and the
  ///         state is saved. Collective.
  void run();

 private:
  using Test = std::vector<NamedValue>;
  struct Trained {
    Inferred inferred;
    CheckpointSeries::End end;
  };

  void start_trace();
  Trained train();
  Trained train_anew();
  /// Saves its state in the run directory as it goes along, when a signal asks for it, and at the
  /// end.
  Trained train_with_checkpoints();
  CheckpointSeries::Parts checkpoint_parts(const std::filesystem::path& run);
  FittedCalibration calibrate(const Trained& trained);
  void tell_inferred(const Inferred& inferred);
  void write_profiles(const TrainReport& report);
  void finish(const Inferred& inferred, const Calibration* calibration, const Test& test);
  void save_weights(const Trained& trained, const Calibration* calibration);

  Predictor predictor_of(const char* name, const PredictOptions& options,
                         const WeightSamples* samples = nullptr);
  Test test_as(const char* name, Predictor predictor);
  /// On rank 0: a line on the terminal and in the log.
  void tell(const std::string& line);
  void warn(const std::string& warning);

  const TrainArguments& arguments_;
  const TrainTarget& target_;
  const Experiment& experiment_;
  Context& context_;
  Communicator& communicator_;
  Resources resources_;
  TrainInputs inputs_;
  Timeline timeline_;
  Fit fit_;
  std::unique_ptr<TrainRecords> records_;  // of rank 0
  std::optional<CheckpointSeries> checkpoints_;
};

}  // namespace credence::cli
