#include "credence/config/config_place.h"

#include <cctype>

namespace credence {
namespace {

/// Where the text holds the word, whole; npos if nowhere.
std::size_t find_word(std::string_view text, std::string_view word) {
  const auto continues = [&](std::size_t i) {
    return i < text.size() && (text[i] == '_' || std::isalnum(static_cast<unsigned char>(text[i])));
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    if ((at == 0 || !continues(at - 1)) && !continues(at + word.size())) return at;
  return std::string_view::npos;
}

}  // namespace

const ConfigPlace& ConfigPlaces::of_named(std::string_view message) const {
  const ConfigPlace* first = &section;
  std::size_t first_at = std::string_view::npos;
  for (const auto& [key, place] : options) {
    const std::size_t at = find_word(message, key);
    if (at >= first_at) continue;
    first_at = at;
    first = &place;
  }
  return *first;
}

}  // namespace credence
