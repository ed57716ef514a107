#include "credence/records/event_values.h"

namespace credence {
namespace {

WireMessage value_of(const std::string& tag) {
  return WireMessage().add_text(1, tag);
}

/// SummaryMetadata, which says which plugin shows the value.
WireMessage metadata(const std::string& plugin, const std::string& content = "") {
  WireMessage data;
  data.add_text(1, plugin);
  if (!content.empty()) data.add_text(2, content);
  return WireMessage().add_message(1, data);
}

/// A google.protobuf.Value.
WireMessage any_value(const Field& field) {
  WireMessage value;
  if (const auto* number = std::get_if<double>(&field.value))
    value.add_double(2, *number);
  else if (const auto* whole = std::get_if<std::int64_t>(&field.value))
    value.add_double(2, static_cast<double>(*whole));
  else if (const auto* text = std::get_if<std::string>(&field.value))
    value.add_text(3, *text);
  else
    value.add_integer(4, std::get<bool>(field.value) ? 1 : 0);
  return value;
}

/// The DataType of api.proto.
int data_type(const Field& field) {
  constexpr int text = 1, truth = 2, number = 3;
  if (std::holds_alternative<std::string>(field.value)) return text;
  return std::holds_alternative<bool>(field.value) ? truth : number;
}

/// Of the plugin "hparams": `field` is that of HParamsPluginData. Its value is a tensor that has no
/// meaning, but must be there.
WireMessage hparams_value(const std::string& tag, int field, const WireMessage& content) {
  constexpr int float32 = 1;
  const WireMessage data = WireMessage().add_message(field, content);
  return value_of(tag)
      .add_message(9, metadata("hparams", data.bytes()))
      .add_message(8, WireMessage()
                          .add_integer(1, float32)
                          .add_message(2, WireMessage())
                          .add_text(5, std::string(4, '\0')));
}

}  // namespace

WireMessage scalar_value(const std::string& tag, double value) {
  return value_of(tag).add_float(2, static_cast<float>(value));
}

WireMessage histogram_value(const std::string& tag, const Histogram& histogram) {
  const std::span<const double> upper_edges = std::span(histogram.edges).subspan(1);
  const std::vector<double> counts(histogram.counts.begin(), histogram.counts.end());
  return value_of(tag).add_message(5, WireMessage()
                                          .add_double(1, histogram.least)
                                          .add_double(2, histogram.most)
                                          .add_double(3, static_cast<double>(histogram.count()))
                                          .add_double(4, histogram.sum)
                                          .add_double(5, histogram.sum_of_squares)
                                          .add_doubles(6, upper_edges)
                                          .add_doubles(7, counts));
}

WireMessage image_value(const std::string& tag, const Image& image) {
  return value_of(tag).add_message(4, WireMessage()
                                          .add_integer(1, image.height)
                                          .add_integer(2, image.width)
                                          .add_integer(3, image.channels)
                                          .add_text(4, png_of(image)));
}

WireMessage text_value(const std::string& tag, const std::string& markdown) {
  constexpr int string_type = 7;
  const WireMessage shape = WireMessage().add_message(2, WireMessage().add_integer(1, 1));  // [1]
  return value_of(tag)
      .add_message(9, metadata("text"))
      .add_message(
          8, WireMessage().add_integer(1, string_type).add_message(2, shape).add_text(8, markdown));
}

WireMessage session_start_value(std::span<const Field> hyperparameters, double seconds) {
  WireMessage info;
  for (const Field& field : hyperparameters)
    info.add_message(1, WireMessage().add_text(1, field.key).add_message(2, any_value(field)));
  info.add_double(5, seconds);
  return hparams_value("_hparams_/session_start_info", 3, info);
}

WireMessage experiment_value(std::span<const Field> hyperparameters,
                             std::span<const std::string> metrics, double seconds) {
  WireMessage experiment;
  experiment.add_double(3, seconds);
  for (const Field& field : hyperparameters)
    experiment.add_message(4,
                           WireMessage().add_text(1, field.key).add_integer(4, data_type(field)));
  for (const std::string& metric : metrics)
    experiment.add_message(5, WireMessage().add_message(1, WireMessage().add_text(2, metric)));
  return hparams_value("_hparams_/experiment", 2, experiment);
}

WireMessage session_end_value(double seconds) {
  constexpr int success = 1;
  return hparams_value("_hparams_/session_end_info", 4,
                       WireMessage().add_integer(1, success).add_double(2, seconds));
}

}  // namespace credence
