#include "credence/serve/predict_response.h"

#include <array>
#include <charconv>
#include <cmath>

#include "credence/base/errors.h"
#include "credence/base/json.h"

namespace credence {
namespace {

void append(std::string& text, float value) {
  if (!std::isfinite(value)) {
    text += "null";
    return;
  }
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text.append(digits.data(), end);
}

/// The elements of axis `axis` and those within, from `from` on.
void append(std::string& text, const Shape& shape, int axis, const float*& from) {
  if (axis == shape.rank()) {
    append(text, *from++);
    return;
  }
  text += '[';
  for (std::int64_t i = 0; i < shape[axis]; ++i) {
    if (i > 0) text += ',';
    append(text, shape, axis + 1, from);
  }
  text += ']';
}

}  // namespace

std::string arrays_json(const std::vector<NamedTensor>& arrays, const std::string& warning) {
  std::string text = "{";
  for (const auto& [name, tensor] : arrays) {
    text += concat(text.size() > 1 ? "," : "", '"', name, "\":");
    const float* from = tensor.data<float>();
    append(text, tensor.shape(), 0, from);
  }
  if (!warning.empty()) {
    const std::vector<Field> fields{{"warning", warning}};
    text += concat(text.size() > 1 ? "," : "", json_object(fields).substr(1));
    text.pop_back();
  }
  return text + "}\n";
}

std::string error_json(int status, std::string_view message) {
  const std::vector<Field> fields{{"status", std::int64_t{status}},
                                  {"message", std::string(message)}};
  return concat("{\"error\":", json_object(fields), "}\n");
}

}  // namespace credence
