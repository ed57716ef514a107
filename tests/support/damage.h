#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>

namespace credence::testing {

/// What disks, networks and programs do to files.
inline constexpr std::array<const char*, 6> kinds_of_damage = {
    "a bit flipped",      "bytes overwritten", "a block zeroed",
    "two blocks swapped", "cut short",         "lengthened"};

struct Damage {
  std::size_t kind = 0;   ///< of kinds_of_damage
  std::size_t place = 0;  ///< of the first byte that changes
  std::string bytes;
};

/// Case number `number` of damage to a file: the same for the same number and bytes, and never no
/// damage at all. Every other one is in the first `head` bytes, which would else be seldom hit.
inline Damage damaged(const std::string& whole, std::uint64_t number, std::size_t head) {
  std::mt19937_64 random(number);
  const auto below = [&random](std::size_t count) { return random() % count; };
  Damage damage;
  do {
    damage = {.kind = number % kinds_of_damage.size(), .place = 0, .bytes = whole};
    std::string& bytes = damage.bytes;
    const std::size_t place = below(below(2) == 0 ? head : bytes.size());
    const std::size_t length = 1 + below(std::min<std::size_t>(4096, bytes.size() - place));
    switch (damage.kind) {
      case 0:
        bytes[place] = static_cast<char>(bytes[place] ^ (1 << below(8)));
        break;
      case 1:
        std::generate_n(bytes.begin() + static_cast<std::ptrdiff_t>(place),
                        std::min<std::size_t>(length, 16),
                        [&] { return static_cast<char>(random()); });
        break;
      case 2:
        bytes.replace(place, length, length, '\0');
        break;
      case 3: {
        const std::size_t other = below(bytes.size() - length + 1);
        const std::string first = bytes.substr(place, length), second = bytes.substr(other, length);
        bytes.replace(place, length, second).replace(other, length, first);
        break;
      }
      case 4:
        bytes.resize(place);
        break;
      default:
        bytes.append(length, static_cast<char>(random()));
    }
  } while (damage.bytes == whole);
  const auto differs = std::ranges::mismatch(whole, damage.bytes);
  damage.place = static_cast<std::size_t>(differs.in1 - whole.begin());
  return damage;
}

}  // namespace credence::testing
