#include "credence/predict/predict_options.h"

#include "credence/base/errors.h"

namespace credence {

void PredictOptions::check() const {
  require<ConfigError>(samples >= 1 && samples <= 65536, "expected 1 to 65536 samples, got ",
                       samples);
  require<ConfigError>(interval > 0 && interval < 1,
                       "expected an interval's probability between 0 "
                       "and 1, got ",
                       interval);
  require<ConfigError>(tolerance >= 0 && tolerance < 1,
                       "tolerance: expected a standard error in [0, 1), got ", tolerance);
  require<ConfigError>(sample_groups >= 0, "sample_groups: expected 0 or more, got ",
                       sample_groups);
}

void PredictOptions::check_fit(Problem problem) const {
  require<ConfigError>(tolerance == 0 || has_likelihood(problem),
                       "tolerance: is in units of the predictive sigma, and the loss has none: "
                       "expected train.loss=gaussian, or 0");
}

}  // namespace credence
