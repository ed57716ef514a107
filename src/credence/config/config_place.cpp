#include "credence/config/config_place.h"

#include <cctype>

namespace credence {
namespace {

/// Whether the text holds the word, whole.
bool has_word(std::string_view text, std::string_view word) {
  const auto continues = [&](std::size_t i) {
    return i < text.size() && (text[i] == '_' || std::isalnum(static_cast<unsigned char>(text[i])));
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    if ((at == 0 || !continues(at - 1)) && !continues(at + word.size())) return true;
  return false;
}

}  // namespace

const ConfigPlace& ConfigPlaces::of_named(std::string_view message) const {
  for (const auto& [key, place] : options)
    if (has_word(message, key)) return place;
  return section;
}

}  // namespace credence
