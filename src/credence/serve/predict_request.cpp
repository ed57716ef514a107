#include "credence/serve/predict_request.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "credence/base/text.h"
#include "credence/data/npy.h"
#include "credence/serve/request_error.h"

namespace credence {
namespace {

/// Takes a request's values as the parser meets them.
class RequestReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  PredictRequest result() const {
    require_request(has_inputs_, bad_content, "body: expected the key \"inputs\", found none");
    Shape shape;
    for (const std::int64_t extent : extents_) shape = shape.append(extent);
    Tensor inputs(shape, DType::float64);
    std::ranges::copy(values_, inputs.data<double>());
    return {.inputs = inputs, .samples = samples_};
  }

  bool null() override { return other("null"); }
  bool boolean(bool) override { return other("a boolean"); }
  bool string(std::string&) override { return other("a string"); }
  bool binary(nlohmann::json::binary_t&) override { return other("bytes"); }
  bool number_integer(std::int64_t value) override { return number(value); }
  bool number_unsigned(std::uint64_t value) override { return number(value); }
  bool number_float(double value, const std::string&) override {
    require_request(key_ != "samples", bad_content, "samples: expected a whole number, got ",
                    value);
    return number(value);
  }

  bool start_object(std::size_t) override {
    if (is_object_) return other("an object");
    return is_object_ = true;
  }
  bool end_object() override { return true; }

  bool key(std::string& name) override {
    static const std::vector<std::string> known{"inputs", "samples"};
    if (std::ranges::count(known, name) == 0)
      throw RequestError(bad_content,
                         concat("body: ", unknown_name("key", name.substr(0, 40), known)));
    const bool again = name == "inputs" ? has_inputs_ : samples_.has_value();
    require_request(!again, bad_content, "body: the key \"", name, "\" is there twice");
    key_ = name;
    return true;
  }

  bool start_array(std::size_t) override {
    if (key_ != "inputs" || std::ssize(counts_) == leaf_depth_) return other("an array");
    require_request(std::ssize(counts_) < Shape::max_rank, bad_content, place(),
                    ": expected at most ", Shape::max_rank, " axes");
    has_inputs_ = true;
    counts_.push_back(0);
    if (counts_.size() > extents_.size()) extents_.push_back(not_known);
    return true;
  }

  bool end_array() override {
    const std::int64_t count = counts_.back();
    counts_.pop_back();
    std::int64_t& extent = extents_[counts_.size()];
    if (extent == not_known) extent = count;
    require_request(count == extent, bad_content, place(), ": expected ", extent,
                    " elements, as in those before, got ", count);
    if (!counts_.empty()) ++counts_.back();
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    throw RequestError(bad_syntax,
                       concat("body, byte ", position, ": expected JSON, got what is none"));
  }

 private:
  static constexpr std::int64_t not_known = -1;

  /// Where the next value stands: "inputs[3][0]".
  std::string place() const {
    std::string text = key_.empty() ? "body" : key_;
    for (const std::int64_t count : counts_) text += concat("[", count, "]");
    return text;
  }

  std::string expected() const {
    if (!is_object_) return "an object {\"inputs\": [[...], ...]}";
    if (key_ == "samples") return "a whole number";
    const std::int64_t depth = std::ssize(counts_);
    if (depth == 0 || (leaf_depth_ != not_known && depth < leaf_depth_)) return "an array";
    return depth == leaf_depth_ ? "a number" : "a number or an array";
  }

  [[noreturn]] bool other(const char* got) const {
    throw RequestError(bad_content, concat(place(), ": expected ", expected(), ", got ", got));
  }

  template <class Number>
  bool number(Number value) {
    if (!is_object_) return other("a number");
    if (key_ == "samples") {
      // Beyond that no one asks for; what is below is told apart later.
      samples_ =
          static_cast<std::int64_t>(std::clamp<double>(static_cast<double>(value), -1e9, 1e9));
      return true;
    }
    if (counts_.empty() || (leaf_depth_ != not_known && leaf_depth_ != std::ssize(counts_)))
      return other("a number");
    require_request(extents_.size() == counts_.size(), bad_content, place(),
                    ": expected an array, got a number");
    leaf_depth_ = std::ssize(counts_);
    values_.push_back(static_cast<double>(value));
    ++counts_.back();
    return true;
  }

  std::string key_;
  bool is_object_ = false, has_inputs_ = false;
  std::vector<double> values_;
  std::vector<std::int64_t> counts_;     // elements so far, of each open array
  std::vector<std::int64_t> extents_;    // of each axis
  std::int64_t leaf_depth_ = not_known;  // open arrays around a number
  std::optional<std::int64_t> samples_;
};

}  // namespace

PredictRequest parse_json_request(std::string_view body) {
  RequestReader reader;
  nlohmann::json::sax_parse(body, &reader);
  return reader.result();
}

PredictRequest parse_npy_request(std::string_view body) {
  try {
    return {.inputs = parse_npy(body, "body")};
  } catch (const DataError& error) {
    throw RequestError(bad_syntax, error.what());
  }
}

}  // namespace credence
