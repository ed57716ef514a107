#include "credence/report/classification_figures.h"

#include <algorithm>
#include <numeric>

#include "credence/base/errors.h"
#include "credence/losses/top_class.h"

namespace credence {
namespace {

std::span<const float> row_of(const Tensor& tensor, std::int64_t row) {
  const auto size = static_cast<std::size_t>(tensor.shape().row_size());
  return tensor.span<float>().subspan(static_cast<std::size_t>(row) * size, size);
}

std::int64_t top_of(std::span<const float> probabilities) {
  return std::ranges::max_element(probabilities) - probabilities.begin();
}

std::int64_t truth_of(const PredictedPart& whole, std::int64_t row) {
  return target_class("report", whole.predictions, whole.target, row);
}

ShownExample shown_example(const PredictedPart& whole, const Dataset& test, std::int64_t row) {
  const std::span<const float> probabilities = row_of(whole.predictions.mean, row);
  ShownExample shown{.index = row,
                     .truth = truth_of(whole, row),
                     .predicted = top_of(probabilities),
                     .predictive_entropy = row_of(whole.predictions.predictive_entropy, row)[0],
                     .mutual_information = row_of(whole.predictions.mutual_information, row)[0]};
  shown.probability = probabilities[static_cast<std::size_t>(shown.predicted)];
  shown.truth_probability = probabilities[static_cast<std::size_t>(shown.truth)];
  Tensor src(test.src_shape().prepend(1)), target(test.target_shape().prepend(1));
  test.read(std::span(&row, 1), 0, src, target);
  shown.image = example_image(src.reshaped(test.src_shape()));
  return shown;
}

/// The first `count` of `rows` in the order of a key, the largest first; ties as they come.
template <class Key>
std::vector<std::int64_t> largest(std::vector<std::int64_t> rows, std::size_t count,
                                  const Key& key) {
  count = std::min(count, rows.size());
  std::ranges::stable_sort(rows, [&](std::int64_t a, std::int64_t b) { return key(a) > key(b); });
  rows.resize(count);
  return rows;
}

std::vector<std::int64_t> all_rows(const PredictedPart& whole) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(whole.end - whole.begin));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

std::vector<std::string> labels_of(const TargetInfo& info) {
  std::vector<std::string> labels = info.labels;
  for (auto i = static_cast<std::int64_t>(labels.size()); i < info.classes; ++i)
    labels.push_back(std::to_string(i));
  return labels;
}

}  // namespace

ClassificationFigures classification_figures(const PredictedPart& whole, const Dataset& test,
                                             std::size_t shown) {
  const Predictions& p = whole.predictions;
  ClassificationFigures figures{.examples = whole.end - whole.begin,
                                .labels = labels_of(test.target_info()),
                                .reliability = reliability_bins(whole, *self_communicator())};
  const std::size_t classes = figures.labels.size();
  figures.confusion.assign(classes, std::vector<std::int64_t>(classes));
  std::vector<std::int64_t> wrong;
  for (const std::int64_t row : all_rows(whole)) {
    const std::int64_t truth = truth_of(whole, row), predicted = top_of(row_of(p.mean, row));
    figures.confusion[static_cast<std::size_t>(truth)][static_cast<std::size_t>(predicted)] += 1;
    if (truth != predicted) wrong.push_back(row);
  }
  const auto show = [&](const std::vector<std::int64_t>& rows) {
    std::vector<ShownExample> examples;
    for (const std::int64_t row : rows) examples.push_back(shown_example(whole, test, row));
    return examples;
  };
  const auto entropy = [&](std::int64_t row) { return row_of(p.predictive_entropy, row)[0]; };
  const auto doubt = [&](std::int64_t row) {
    return -row_of(p.mean, row)[static_cast<std::size_t>(truth_of(whole, row))];
  };
  figures.most_uncertain = show(largest(all_rows(whole), shown, entropy));
  figures.most_wrong = show(largest(wrong, shown, doubt));
  return figures;
}

std::vector<ChosenExample> choose_examples(const ClassificationFigures& figures,
                                           const PredictedPart& whole,
                                           std::span<const std::int64_t> asked, std::size_t count) {
  std::vector<ChosenExample> chosen;
  const auto add = [&](std::int64_t index, const char* why) {
    const bool is_new = std::ranges::count(chosen, index, &ChosenExample::index) == 0;
    if (is_new) chosen.push_back({index, why});
    return is_new;
  };
  for (const std::int64_t index : asked) {
    require<UsageError>(index >= 0 && index < figures.examples,
                        "--examples: expected test examples 0 to ", figures.examples - 1, ", got ",
                        index);
    add(index, "asked for");
  }
  if (!asked.empty()) return chosen;
  const auto certainty = [&](std::int64_t row) {
    return -row_of(whole.predictions.predictive_entropy, row)[0];
  };
  const auto certain = largest(all_rows(whole), count, certainty);
  for (std::size_t i = 0; chosen.size() < count && i < count; ++i) {
    if (i < figures.most_wrong.size()) add(figures.most_wrong[i].index, "least probable truth");
    if (chosen.size() < count && i < figures.most_uncertain.size())
      add(figures.most_uncertain[i].index, "most uncertain");
    if (chosen.size() < count && i < certain.size()) add(certain[i], "most certain");
  }
  return chosen;
}

std::vector<PredictiveDensity> predictive_densities(Predictor& predictor,
                                                    const PredictedPart& whole, const Dataset& test,
                                                    std::span<const ChosenExample> chosen,
                                                    std::size_t most_classes) {
  std::vector<std::int64_t> indices;
  for (const ChosenExample& example : chosen) indices.push_back(example.index);
  if (indices.empty()) return {};
  std::vector<PredictiveDensity> densities;
  for (const ChosenExample& example : chosen) {
    const auto probabilities = row_of(whole.predictions.mean, example.index);
    std::vector<std::int64_t> classes(probabilities.size());
    std::iota(classes.begin(), classes.end(), 0);
    classes = largest(std::move(classes), most_classes, [&](std::int64_t label) {
      return probabilities[static_cast<std::size_t>(label)];
    });
    std::ranges::sort(classes);
    densities.push_back({.example = shown_example(whole, test, example.index),
                         .why = example.why,
                         .classes = classes,
                         .draws = std::vector<std::vector<float>>(classes.size())});
  }
  predictor.draw_examples(
      test, indices, [&](std::int64_t, std::int64_t index, const DrawnRows& drawn) {
        for (PredictiveDensity& density : densities) {
          if (density.example.index != index) continue;
          for (std::size_t i = 0; i < density.classes.size(); ++i)
            density.draws[i].push_back(
                row_of(drawn.mean, 0)[static_cast<std::size_t>(density.classes[i])]);
        }
      });
  return densities;
}

}  // namespace credence
