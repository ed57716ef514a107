#pragma once

#include <string>

#include "credence/base/json.h"
#include "credence/records/image.h"
#include "credence/records/parameter_histograms.h"
#include "credence/records/wire_message.h"

namespace credence {

/// What a summary of an event file holds: messages Summary.Value of TensorFlow's summary.proto,
/// each with its tag.
///
/// Source  tensorflow/core/framework/summary.proto, histogram.proto, tensor.proto; of
///         hyperparameters tensorboard/plugins/hparams/plugin_data.proto, api.proto.
WireMessage scalar_value(const std::string& tag, double value);
WireMessage histogram_value(const std::string& tag, const Histogram& histogram);
WireMessage image_value(const std::string& tag, const Image& image);
/// Text in Markdown.
WireMessage text_value(const std::string& tag, const std::string& markdown);

/// Hyperparameters of a run that begins now.
WireMessage session_start_value(std::span<const Field> hyperparameters, double seconds);
/// What is known of the run at its end: which of its scalars tell how good it is.
WireMessage experiment_value(std::span<const Field> hyperparameters,
                             std::span<const std::string> metrics, double seconds);
WireMessage session_end_value(double seconds);

}  // namespace credence
