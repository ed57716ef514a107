#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "credence/base/enum_names.h"
#include "credence/base/text.h"

namespace credence {

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... Arguments>
inline constexpr bool is_a<Template<Arguments...>, Template> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t n>
inline constexpr bool is_array<std::array<T, n>> = true;

template <class T>
inline constexpr bool is_text_map = false;
template <class T>
inline constexpr bool is_text_map<std::map<std::string, T>> = true;

/// How help and messages call values of type T: "integer", "number or null", "list of text".
template <class T>
std::string option_type() {
  if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::is_integral_v<T>)
    return "integer";
  else if constexpr (std::is_floating_point_v<T>)
    return "number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "text";
  else if constexpr (NamedEnum<T>)
    return join(names_of<T>(), " | ");
  else if constexpr (is_a<T, std::optional>)
    return option_type<typename T::value_type>() + " or null";
  else if constexpr (is_a<T, std::vector>)
    return "list of " + option_type<typename T::value_type>();
  else if constexpr (is_array<T>)
    return option_type<typename T::value_type>() + " or " + std::to_string(std::tuple_size_v<T>) +
           " of them";
  else if constexpr (is_text_map<T>)
    return "mapping to " + option_type<typename T::mapped_type>();
  else
    return "mapping";
}

}  // namespace credence
