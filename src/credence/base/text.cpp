#include "credence/base/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <numeric>
#include <utility>

#include "credence/base/errors.h"

namespace credence {
namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> above, row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    next[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const bool same = lower(a[i]) == lower(b[j]);
      next[j + 1] = std::min({row[j] + (same ? 0 : 1), next[j] + 1, row[j + 1] + 1});
      const bool swapped =
          i > 0 && j > 0 && lower(a[i]) == lower(b[j - 1]) && lower(a[i - 1]) == lower(b[j]);
      if (swapped) next[j + 1] = std::min(next[j + 1], above[j - 1] + 1);
    }
    above = row;
    row = next;
  }
  return row.back();
}

/// What the field calls things that have another name here.
constexpr std::pair<std::string_view, std::string_view> aliases[] = {
    {"lr", "learning_rate"},
    {"eta", "learning_rate"},
    {"step_size", "learning_rate"},
    {"batch", "batch_size"},
    {"bs", "batch_size"},
    {"minibatch", "batch_size"},
    {"num_epochs", "epochs"},
    {"n_epochs", "epochs"},
    {"iterations", "steps_per_epoch"},
    {"steps", "steps_per_epoch"},
    {"opt", "optimizer"},
    {"optim", "optimizer"},
    {"scheduler", "schedule"},
    {"lr_schedule", "schedule"},
    {"lr_scheduler", "schedule"},
    {"criterion", "loss"},
    {"wd", "weight_decay"},
    {"l2", "weight_decay"},
    {"eps", "epsilon"},
    {"kl_weight", "kl"},
    {"beta", "kl"},
    {"val_split", "validation_split"},
    {"dataset", "data.name"},
    {"data_dir", "path"},
    {"root", "path"},
    {"file", "path"},
    {"sep", "delimiter"},
    {"separator", "delimiter"},
    {"standardize", "standardise"},
    {"normalize", "standardise"},
    {"arch", "model.name"},
    {"architecture", "model.name"},
    {"network", "model.name"},
    {"dtype", "precision"},
    {"mc_samples", "samples"},
    {"num_samples", "samples"},
    {"n_samples", "samples"},
    {"random_seed", "seed"},
    {"output_dir", "output"},
    {"out", "output"},
    {"channels", "filters"},
    {"out_channels", "filters"},
    {"kernel_size", "kernel"},
    {"pool_size", "window"},
    {"kernel", "window"},
    {"features", "units"},
    {"out_features", "units"},
    {"neurons", "units"},
    {"p", "rate"},
    {"dropout", "rate"},
    {"std", "sigma"},
    {"stddev", "sigma"},
    {"use_bias", "bias"},
    {"linear", "Dense"},
    {"fc", "Dense"},
    {"acc", "accuracy"},
    {"mse", "mean_squared_error"},
    {"l2", "mean_squared_error"},
    {"bce", "binary_cross_entropy"},
    {"ce", "categorical_cross_entropy"},
    {"cross_entropy", "categorical_cross_entropy"},
    {"lrt", "local_reparameterization"},
    {"normal", "gaussian"},
};

}  // namespace

std::string closest(std::string_view word, std::span<const std::string> candidates) {
  const auto best = std::min_element(candidates.begin(), candidates.end(), [&](auto& a, auto& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  });
  return best == candidates.end() ? std::string() : *best;
}

std::vector<std::string> meanings(std::string_view word) {
  std::vector<std::string> found;
  for (const auto& [alias, name] : aliases)
    if (alias == lower(word)) found.emplace_back(name);
  return found;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  for (const std::string& meaning : meanings(word))
    if (std::ranges::count(candidates, meaning) > 0) return meaning;
  std::string best = closest(word, candidates);
  // One edit makes any letter of another.
  const std::size_t allowed = word.size() < 2 ? 0 : std::max<std::size_t>(1, word.size() / 3);
  if (!best.empty() && edit_distance(word, best) <= allowed) return best;
  constexpr std::size_t shortest = 3;
  for (const std::string& candidate : candidates) {
    const std::size_t common = std::min(word.size(), candidate.size());
    if (common >= shortest && lower(word.substr(0, common)) == lower(candidate.substr(0, common)))
      return candidate;
  }
  return "";
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const std::string meant = suggestion(word, candidates);
  return meant.empty() ? "" : concat("; did you mean \"", meant, "\"?");
}

std::string join(std::span<const std::string> words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

std::optional<std::uint64_t> to_whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string with_thousands(long long number) {
  std::string digits = std::to_string(number);
  const int first = number < 0 ? 1 : 0;
  for (int i = static_cast<int>(digits.size()) - 3; i > first; i -= 3) digits.insert(i, ",");
  return digits;
}

std::string counted(long long number, std::string_view thing) {
  return std::to_string(number).append(" ").append(thing).append(number == 1 ? "" : "s");
}

std::string bytes_text(long long bytes) {
  if (bytes < 1024) return counted(bytes, "byte");
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit < 5; ++unit) size /= 1024;
  char text[32];
  std::snprintf(text, sizeof(text), size < 100 ? "%.1f %ciB" : "%.0f %ciB", size, " KMGTP"[unit]);
  return text;
}

std::string unknown_name(std::string_view kind, std::string_view word,
                         std::span<const std::string> known) {
  return concat("unknown ", kind, " \"", word, "\"", did_you_mean(word, known),
                " (known: ", join(known), ")");
}

}  // namespace credence
