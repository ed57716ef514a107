#include "credence/records/metrics_log.h"

#include <string>
#include <vector>

#include "credence/base/errors.h"

namespace credence {

std::string_view name_of(MetricsEvent event) {
  switch (event) {
    case MetricsEvent::header:
      return "header";
    case MetricsEvent::step:
      return "step";
    case MetricsEvent::epoch:
      return "epoch";
    case MetricsEvent::end:
      return "end";
  }
  throw InternalError("metrics: unknown event");
}

void MetricsLog::write(MetricsEvent event, std::span<const Field> fields) {
  std::vector<Field> all{{"event", std::string(name_of(event))}};
  all.insert(all.end(), fields.begin(), fields.end());
  file_.write(json_object(all) + "\n");
}

}  // namespace credence
