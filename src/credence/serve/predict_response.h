#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "credence/tensor/parameter.h"

namespace credence {

/// Float32 arrays as one JSON object, {"mean": [[0.9, 0.1], ...], ...}, with digits enough to read
/// back the same numbers. What is not finite is null. A warning, if there is one, is "warning".
std::string arrays_json(const std::vector<NamedTensor>& arrays, const std::string& warning = {});

/// {"error": {"status": 422, "message": "..."}}.
std::string error_json(int status, std::string_view message);

}  // namespace credence
