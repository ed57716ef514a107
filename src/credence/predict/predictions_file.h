#pragma once

#include <filesystem>
#include <vector>

#include "credence/losses/metric.h"
#include "credence/tensor/parameter.h"

namespace credence {

/// UsageError unless predictions can be written to a file of that name: `.npz` (or no extension)
/// for arrays, `.csv` for text.
void check_predictions_name(const std::filesystem::path& path);

/// The figures of predictions that are of use without a target, by their names: of so many classes
/// (0: a regression) the most probable one too, as predicted_class.
std::vector<NamedTensor> named_arrays(const Predictions& predictions, std::int64_t classes);

/// Writes float32 arrays [n] or [n, k] as the file's name says. As text: a header, `name` for [n]
/// and `name_0, name_1, ...` for [n, k], and one line an example, with digits enough to read back
/// the same float32 numbers.
///
/// Errors  UsageError as above; CreateError, IoError as for AtomicFile.
void write_predictions(const std::filesystem::path& path, const std::vector<NamedTensor>& arrays);

}  // namespace credence
