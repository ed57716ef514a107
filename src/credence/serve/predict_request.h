#pragma once

#include <optional>
#include <string_view>

#include "credence/tensor/tensor.h"

namespace credence {

/// What the body of a request for predictions holds.
struct PredictRequest {
  Tensor inputs;  ///< [n, ...], as they came
  std::optional<std::int64_t> samples{};
};

/// {"inputs": [[...], ...], "samples": 30}: numbers in arrays of equal length, float64. Read as it
/// comes, without a tree of its values.
///
/// Errors  RequestError, saying where: 400 if it is empty or no JSON; 422 if it holds anything
///         else, such as NaN and Infinity, which some write though JSON has no such numbers, and
///         1e999.
PredictRequest parse_json_request(std::string_view body);

/// An array in NumPy's format (data/npy.h). RequestError 400 if it is none.
PredictRequest parse_npy_request(std::string_view body);

}  // namespace credence
