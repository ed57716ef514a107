#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace credence {

/// The candidate with the smallest edit distance to `word`, case ignored, swapped neighbours being
/// one edit; empty if there are none.
std::string closest(std::string_view word, std::span<const std::string> candidates);

/// The candidate that a user may have meant by `word`: what the field also calls it ("lr"), or the
/// closest one, if no more than a third of its letters differ or one begins with the other; empty
/// if none is near.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);
/// "; did you mean \"epochs\"?", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);
/// What the field's word stands for here, the likeliest first: "lr" is "learning_rate", "dataset"
/// the key "data.name".
std::vector<std::string> meanings(std::string_view word);

/// "a, b, c".
std::string join(std::span<const std::string> words, std::string_view separator = ", ");

/// The number that the text is, in decimal digits alone; none if it is something else.
std::optional<std::uint64_t> to_whole_number(std::string_view text);

/// "149,210".
std::string with_thousands(long long number);

/// "1 rank", "2 ranks".
std::string counted(long long number, std::string_view thing);

/// "1.5 KiB", "23.5 GiB", "900 bytes".
std::string bytes_text(long long bytes);

/// "unknown <kind> \"<word>\"; did you mean \"<suggestion>\"? (known: a, b, c)": what every look-up
/// by name says.
std::string unknown_name(std::string_view kind, std::string_view word,
                         std::span<const std::string> known);

}  // namespace credence
