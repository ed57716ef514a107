#pragma once

#include <functional>

#include "credence/records/append_file.h"
#include "credence/records/parameter_histograms.h"
#include "credence/train/observer.h"

namespace credence {

/// When histograms were taken.
struct HistogramTime {
  std::int64_t epoch = 0;  ///< 0: before training
  std::int64_t step = 0;
  std::int64_t member = 0;  ///< of an ensemble, from 1; 0: there is one network
};

using HistogramSink =
    std::function<void(const HistogramTime&, const std::vector<ParameterHistogram>&)>;

/// Writer of histograms.jsonl: one JSON object a line,
/// {"epoch":1,"step":938,"layer":"conv1.weight", "quantity":"mu","edges":[...],"counts":[...]}.
/// Errors as AppendFile.
class HistogramLog {
 public:
  explicit HistogramLog(const std::filesystem::path& path) : file_(path) {}
  void write(const HistogramTime& time, const std::vector<ParameterHistogram>& histograms);
  /// Takes back what is later than `last`, and a last line that is not whole: the run goes on from
  /// there.
  void truncate(const HistogramTime& last);

 private:
  AppendFile file_;
};

/// Tells sinks, at the end of each epoch, how a network's parameters are spread.
class HistogramObserver : public Observer {
 public:
  HistogramObserver(const Model& model, std::vector<HistogramSink> sinks)
      : model_(model), sinks_(std::move(sinks)) {}
  void on_epoch(const EpochReport& report) override;
  /// The parameters as they are now.
  void tell(const HistogramTime& time) const;

 private:
  const Model& model_;
  std::vector<HistogramSink> sinks_;
};

}  // namespace credence
