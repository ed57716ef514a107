#include "credence/serve/predict_request.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <nlohmann/json.hpp>

#include "credence/base/text.h"
#include "credence/data/npy.h"
#include "credence/serve/request_error.h"

namespace credence {
namespace {

constexpr const char* expected_body = R"(expected an object {"inputs": [[...], ...]}, got )";

/// The letters, digits, signs and points around a place.
std::string_view word_around(std::string_view text, std::size_t place) {
  const auto is_of_word = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '+' || c == '.';
  };
  place = std::min(place, text.size());
  std::size_t begin = place, end = place;
  while (begin > 0 && is_of_word(text[begin - 1])) --begin;
  while (end < text.size() && is_of_word(text[end])) ++end;
  return text.substr(begin, end - begin);
}

/// What JSON has no number for, and some write all the same: NaN, -Infinity, inf.
bool is_not_finite(std::string_view word) {
  if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
  std::string lower(word.substr(0, 16));
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower == "nan" || lower == "inf" || lower == "infinity";
}

/// Takes a request's values as the parser meets them.
class RequestReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit RequestReader(std::string_view body) : body_(body) {}

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

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override {
    constexpr int out_of_range = 406;
    if (error.id == out_of_range) return not_finite(token);  // 1e999
    const std::string_view word = word_around(body_, position > 0 ? position - 1 : 0);
    if (awaits_value() && is_not_finite(word)) return not_finite(word);
    const char* const got = position > body_.size() ? "its end" : "what is none";
    throw RequestError(bad_syntax, concat("body, byte ", position, ": expected JSON, got ", got));
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
    if (key_ == "samples") return "a whole number";
    const std::int64_t depth = std::ssize(counts_);
    if (depth == 0 || (leaf_depth_ != not_known && depth < leaf_depth_)) return "an array";
    return depth == leaf_depth_ ? "a number" : "a number or an array";
  }

  [[noreturn]] bool other(std::string_view got) const {
    if (!is_object_) throw RequestError(bad_content, concat("body: ", expected_body, got));
    throw RequestError(bad_content, concat(place(), ": expected ", expected(), ", got ", got));
  }

  /// Whether a value comes next, as far as that matters.
  bool awaits_value() const {
    if (key_ == "samples") return !samples_.has_value();
    return !is_object_ || !counts_.empty() || (key_ == "inputs" && !has_inputs_);
  }

  bool may_be_number() const {
    return !counts_.empty() && (leaf_depth_ == not_known || leaf_depth_ == std::ssize(counts_));
  }

  [[noreturn]] bool not_finite(std::string_view word) const {
    constexpr std::size_t most_shown = 40;
    const std::string got(word.substr(0, most_shown));
    if (!may_be_number()) other(got);
    throw RequestError(bad_content, concat(place(), ": expected a finite number, got ", got));
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
    if (!may_be_number()) return other("a number");
    require_request(extents_.size() == counts_.size(), bad_content, place(),
                    ": expected an array, got a number");
    leaf_depth_ = std::ssize(counts_);
    values_.push_back(static_cast<double>(value));
    ++counts_.back();
    return true;
  }

  std::string_view body_;
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
  require_request(body.find_first_not_of(" \t\r\n") != body.npos, bad_syntax,
                  "body: ", expected_body, body.empty() ? "an empty one" : "blanks alone");
  RequestReader reader(body);
  nlohmann::json::sax_parse(body, &reader);
  return reader.result();
}

PredictRequest parse_npy_request(std::string_view body) {
  require_request(!body.empty(), bad_syntax, "body: expected an .npy array, got an empty one");
  try {
    return {.inputs = parse_npy(body, "body")};
  } catch (const DataError& error) {
    throw RequestError(bad_syntax, error.what());
  }
}

}  // namespace credence
