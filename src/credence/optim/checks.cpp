#include "credence/optim/checks.h"

#include <cmath>

#include "credence/base/errors.h"

namespace credence {

void require_fraction(std::string_view where, std::string_view key, double value) {
  require<ConfigError>(value >= 0 && value < 1, where, ": ", key,
                       " must be 0 or more and below 1, got ", value);
}

void require_not_negative(std::string_view where, std::string_view key, double value) {
  require<ConfigError>(value >= 0 && std::isfinite(value), where, ": ", key,
                       " must be 0 or more, got ", value);
}

void require_positive(std::string_view where, std::string_view key, double value) {
  require<ConfigError>(value > 0 && std::isfinite(value), where, ": ", key,
                       " must be above 0, got ", value);
}

}  // namespace credence
