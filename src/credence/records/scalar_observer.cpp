#include "credence/records/scalar_observer.h"

#include "credence/base/errors.h"

namespace credence {

void ScalarObserver::tell(std::int64_t step, std::int64_t member, const std::string& event,
                          const std::vector<NamedValue>& values) const {
  if (sinks_.empty()) return;
  const std::string prefix =
      member > 0 ? concat("member_", member, "/", event, "/") : concat(event, "/");
  std::vector<NamedValue> scalars;
  for (const auto& [name, value] : values)
    if (name != "member" && name != "chain") scalars.emplace_back(prefix + name, value);
  for (const ScalarSink& sink : sinks_) sink(step, scalars);
}

void ScalarObserver::on_step(const StepReport& report) {
  if (every_steps_ == 0 || report.step % every_steps_ != 0) return;
  tell(report.step, report.member, "step",
       {{"loss", report.loss},
        {"nll", report.nll},
        {"kl", report.kl},
        {"learning_rate", report.learning_rate},
        {"samples_per_sec", report.samples_per_sec}});
}

void ScalarObserver::on_epoch(const EpochReport& report) {
  std::vector<NamedValue> values = report.values;
  values.emplace_back("learning_rate", report.learning_rate);
  values.emplace_back("samples_per_sec", report.samples_per_sec);
  values.emplace_back("seconds", report.seconds);
  tell(report.step, report.member, "epoch", values);
}

void ScalarObserver::on_end(const TrainReport& report) {
  tell(report.steps, 0, "end",
       {{"train_seconds", report.train_seconds}, {"samples_per_sec", report.samples_per_sec()}});
}

}  // namespace credence
