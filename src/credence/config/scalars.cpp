#include "credence/config/scalars.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

namespace credence {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// All of [first, end) as T, by std::from_chars.
template <class T, class... How>
bool parse_all(const char* first, const char* end, T& value, How... how) {
  T parsed{};
  const auto [stop, error] = std::from_chars(first, end, parsed, how...);
  if (error != std::errc() || stop != end) return false;
  value = parsed;
  return true;
}

/// Past a plus sign, which std::from_chars does not know. "+-5" stays as it is, and is refused.
const char* past_plus(const std::string& text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return text.data() + (plus ? 1 : 0);
}

template <class T>
bool parse_real(const std::string& text, T& value) {
  const std::string word = lower(past_plus(text));
  if (word == ".inf" || word == "inf" || word == "-.inf" || word == "-inf") {
    value = std::numeric_limits<T>::infinity() * (word[0] == '-' ? -1 : 1);
    return true;
  }
  if (word == ".nan" || word == "nan") {
    value = std::numeric_limits<T>::quiet_NaN();
    return true;
  }
  T parsed{};
  if (!parse_all(past_plus(text), text.data() + text.size(), parsed) || !std::isfinite(parsed))
    return false;
  value = parsed;
  return true;
}

template <class T>
bool parse_integer(const std::string& text, T& value) {
  const char* const first = past_plus(text);
  const char* const end = text.data() + text.size();
  if (parse_all(first, end, value)) return true;
  if (text.starts_with("0x") && text.size() > 2 && text[2] != '-')
    return parse_all(first + 2, end, value, 16);
  double real = 0.0;
  constexpr double exact_below = 9007199254740992.0;  // 2^53
  if (!parse_real(text, real) || real != std::floor(real) || std::abs(real) >= exact_below)
    return false;
  const auto whole = static_cast<std::int64_t>(real);
  if (!std::in_range<T>(whole)) return false;
  value = static_cast<T>(whole);
  return true;
}

template <class T>
std::string format_real(T value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value < 0 ? "-.inf" : ".inf";
  const T size = std::abs(value);
  const bool fixed = value == 0 || (size >= T(1e-4) && size < T(1e16));
  std::array<char, 64> buffer;
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    fixed ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer.data(), result.ptr);
  if (text.find('.') == std::string::npos) text.insert(std::min(text.find('e'), text.size()), ".0");
  return text;
}

}  // namespace

bool parse_scalar(const std::string& text, bool& value) {
  const std::string word = lower(text);
  const bool yes = word == "true" || word == "yes" || word == "on";
  const bool no = word == "false" || word == "no" || word == "off";
  if (yes || no) value = yes;
  return yes || no;
}
bool parse_scalar(const std::string& text, int& value) {
  return parse_integer(text, value);
}
bool parse_scalar(const std::string& text, std::int64_t& value) {
  return parse_integer(text, value);
}
bool parse_scalar(const std::string& text, std::uint64_t& value) {
  return parse_integer(text, value);
}
bool parse_scalar(const std::string& text, double& value) {
  return parse_real(text, value);
}
bool parse_scalar(const std::string& text, float& value) {
  return parse_real(text, value);
}

std::string format_scalar(bool value) {
  return value ? "true" : "false";
}
std::string format_scalar(int value) {
  return std::to_string(value);
}
std::string format_scalar(std::int64_t value) {
  return std::to_string(value);
}
std::string format_scalar(std::uint64_t value) {
  return std::to_string(value);
}
std::string format_scalar(double value) {
  return format_real(value);
}
std::string format_scalar(float value) {
  return format_real(value);
}

bool needs_quotes(const std::string& text) {
  bool flag = false;
  double real = 0.0;
  std::uint64_t integer = 0;
  return text.empty() || text == "~" || lower(text) == "null" || parse_scalar(text, flag) ||
         parse_scalar(text, real) || parse_scalar(text, integer);
}

}  // namespace credence
