#pragma once

#include <memory>
#include <string>
#include <vector>

#include "credence/data/dataset.h"

namespace credence {

// Images unlike those that a classifier was trained on, made of its test set or as many as that
// has: what its uncertainty should tell from the test set. All are in [0, 1], and an example
// depends on the seed and its index alone.

struct RotatedOptions {
  double least_degrees = 60;  ///< counterclockwise
  double most_degrees = 120;
  std::uint64_t seed = 0;
};
/// Each image turned around its centre, by an angle of its own that is uniform in between;
/// bilinear, black outside.
///
/// Noise   Stream::augment under the name "rotated": example is the index.
/// Errors  DataError unless the examples are images; ConfigError unless the least angle is at most
///         the most one.
std::shared_ptr<const Dataset> rotated(std::shared_ptr<const Dataset> images,
                                       const RotatedOptions& options = {});

struct NoisedOptions {
  double sigma = 0.5;  ///< of white being 1
  std::uint64_t seed = 0;
};
/// Each image with normal noise N(0, sigma^2) added to every element, clamped to [0, 1].
///
/// Noise   Stream::augment under the name "noised": example is the index, element that of the
/// image. Errors  DataError unless the examples are images; ConfigError if sigma is negative.
std::shared_ptr<const Dataset> noised(std::shared_ptr<const Dataset> images,
                                      const NoisedOptions& options = {});

struct SymbolsOptions {
  std::int64_t count = 10000;
  std::uint64_t seed = 0;
};
/// Images [28, 28, 1] of letters and shapes that are no digits, written as the data set "digits"
/// is. The symbols take turns; the target is 0 and means nothing.
///
/// Noise   Stream::noise under the name "symbols": example is the index. The bytes are the same on
///         every machine.
/// Errors  ConfigError if count is not in [1, 2^31].
std::shared_ptr<const Dataset> symbols(const SymbolsOptions& options = {});

/// The names of the above.
std::vector<std::string> unfamiliar_names();
/// ConfigError, naming the closest one, unless there is one of that name.
void check_unfamiliar_name(const std::string& name);
/// The one of that name, for a test set of images: with default options and as many examples.
/// DataError if the test set's examples are no images, or not such as are made.
std::shared_ptr<const Dataset> make_unfamiliar(const std::string& name,
                                               std::shared_ptr<const Dataset> test);

}  // namespace credence
