#pragma once

#include <string>

#include "credence/serve/api.h"

namespace credence {

/// What a network expects and gives, as a JSON object.
std::string model_card(const ServedModel& model, const ApiOptions& options);

}  // namespace credence
